"""What a camera's matrix says of where it stands and how it looks."""

import pytest
from sv3d.sv3d_blender.orbit.standing import apart, looked_at, standing
from sv3d.sv3d_engine.shared.errors import UserError

from tests.blender.logic.scene_rigs import TARGET, camera, ring


@pytest.mark.parametrize(("elevation", "azimuth"), [(0, 0), (20, 135), (-60, -90), (88, 10)])
def test_angles_come_back(elevation, azimuth):
    stand = standing(camera("a", elevation, azimuth), TARGET)
    assert (stand.elevation, stand.azimuth) == (pytest.approx(elevation), pytest.approx(azimuth))
    assert (stand.distance, stand.roll, stand.aim) == (pytest.approx(5), pytest.approx(0), pytest.approx(0, abs=1e-5))


def test_roll_and_aim_are_told_apart():
    assert standing(camera("a", 20, 50, roll=12), TARGET).roll == pytest.approx(12)
    assert standing(camera("a", 20, 50, roll=180), TARGET).roll == pytest.approx(180)
    past = standing(camera("a", 0, 50, aim=9), TARGET)
    assert (past.aim, past.roll) == (pytest.approx(9), pytest.approx(0))


def test_a_camera_that_looks_straight_down_has_no_roll():
    assert standing(camera("a", 90, 0, roll=45), TARGET).roll == 0


def test_a_camera_on_the_target_is_told():
    with pytest.raises(UserError, match="Lost stands on the target"):
        standing(camera("Lost", 0, 0, distance=0), TARGET)


def test_the_point_that_all_look_at_is_found():
    assert looked_at(ring([(10, a) for a in range(0, 360, 40)])) == pytest.approx(TARGET)
    assert looked_at(ring([(0, 0), (0, 90), (0, 180)])) == pytest.approx(TARGET)


@pytest.mark.parametrize("turned", [0, 180])
def test_cameras_that_look_at_no_one_point_are_told(turned):
    side_by_side = [camera(str(i), 0, 0, target=(0.0, float(i), 0.0)) for i in range(3)]
    outward = ring([(0, 0), (0, 120), (0, 240)], aim=180)
    with pytest.raises(UserError, match="do not look at one point"):
        looked_at(outward if turned else side_by_side)


def test_the_angle_on_the_sphere():
    assert apart(0, 0, 0, 90) == pytest.approx(90)
    assert apart(60, 0, 60, 180) == pytest.approx(60)
    assert apart(10, 359, 10, 359) == 0
