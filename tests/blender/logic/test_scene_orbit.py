"""Cameras become the 21 views of an orbit that SV3D can follow, and every change is told with its camera."""

import math
import random
from itertools import pairwise

import pytest
from sv3d.sv3d_blender.orbit.scene_orbit import scene_orbit
from sv3d.sv3d_blender.orbit.standing import apart
from sv3d.sv3d_engine.orbit.validation import check_sv3d_orbit
from sv3d.sv3d_engine.shared.errors import UserError
from sv3d.sv3d_engine.shared.trajectory import SV3D_FRAME_COUNT, sine, static

from tests.blender.logic.scene_rigs import TARGET, camera, ring

WAY = [(10.0, 360 * i / 21) for i in range(21)]


def kinds(orbit):
    return [departure.kind for departure in orbit.departures]


def told(orbit, kind):
    (found,) = [departure for departure in orbit.departures if departure.kind == kind]
    return found


def azimuths_and_elevations(poses):
    return [number for pose in poses for number in (pose.elevation, pose.azimuth)]


def test_21_cameras_are_the_views_and_the_last_is_the_pictures():
    cameras = ring(WAY)
    random.Random(1).shuffle(cameras)
    orbit = scene_orbit(cameras, TARGET, camera("Scene", 50, 3))
    assert azimuths_and_elevations(orbit.poses) == pytest.approx(azimuths_and_elevations(static(10)))
    assert orbit.poses[-1].azimuth == 0
    assert orbit.front.name == "Camera.001"
    assert kinds(orbit) == []


@pytest.mark.parametrize(("azimuth", "front"), [(0, 1), (17, 2), (-20, 21), (185, 12)])
def test_the_pictures_view_is_the_nearest_to_the_active_camera(azimuth, front):
    orbit = scene_orbit(ring(WAY), TARGET, camera("Scene", 10, azimuth))
    assert orbit.front.name == f"Camera.{front:03d}"


def test_elevations_keep_to_their_azimuths_whatever_the_front_is():
    way = [(pose.elevation, pose.azimuth + 77) for pose in sine(10, 25)]
    orbit = scene_orbit(ring(way), None, camera("Scene", 10, 77))
    assert azimuths_and_elevations(orbit.poses) == pytest.approx(azimuths_and_elevations(sine(10, 25)))
    assert orbit.target == pytest.approx(TARGET)


def test_clockwise_cameras_are_taken_counter_clockwise():
    orbit = scene_orbit(ring(WAY[::-1]), TARGET)
    steps = [b.azimuth - a.azimuth for a, b in pairwise(orbit.poses[:-1])]
    assert steps == pytest.approx([360 / 21] * 19)


@pytest.mark.parametrize("count", [10, 13, 20, 22, 40, 84])
def test_fewer_or_more_are_resampled_at_even_angles_on_the_sphere(count):
    way = [(20 * math.sin(math.tau * i / count), 360 * i / count) for i in range(count)]
    orbit = scene_orbit(ring(way), TARGET)
    assert kinds(orbit) == []
    poses = [orbit.poses[-1], *orbit.poses]
    steps = [apart(*a, *b) for a, b in pairwise(poses)]
    assert max(steps) / min(steps) < 1.05  # across the corner at a camera, a little less than along the way
    assert len(orbit.poses) == SV3D_FRAME_COUNT
    assert orbit.poses[-1] == pytest.approx((0, 0))


def test_four_level_cameras_make_a_level_orbit_and_the_gaps_are_told():
    orbit = scene_orbit(ring([(15, 0), (15, 90), (15, 180), (15, 270)]), TARGET)
    assert azimuths_and_elevations(orbit.poses) == pytest.approx(azimuths_and_elevations(static(15)), abs=0.1)
    gap = told(orbit, "gap")
    assert "and in 3 other places there is no camera" in gap.text
    assert gap.cameras == (0, 1, 2, 3)


@pytest.mark.parametrize("seed", range(60))
def test_the_engine_can_follow_whatever_comes_out(seed):
    draw = random.Random(seed)
    count = draw.randint(8, 60)
    way = [(draw.uniform(-90, 90), draw.uniform(-400, 400)) for _ in range(count)]
    for pair in range(0, count - 1, 7):
        way[pair] = (way[pair][0], way[pair + 1][1] + draw.uniform(0, 1.2))
    orbit = scene_orbit(ring(way, roll=draw.uniform(-180, 180)), TARGET, camera("Scene", 0, draw.uniform(0, 360)))
    check_sv3d_orbit(orbit.poses)


def test_a_distance_lens_roll_and_aim_of_its_own_are_told_with_the_camera():
    cameras = ring(WAY)
    for i, departure in (
        (3, {"distance": 6}),
        (5, {"fov": 50}),
        (6, {"fov": None}),
        (7, {"roll": -9}),
        (8, {"aim": 7}),
    ):
        cameras[i] = camera(cameras[i].name, *WAY[i], **departure)
    orbit = scene_orbit(cameras, TARGET)
    assert set(kinds(orbit)) == {"distance", "lens", "roll", "aim"}
    assert told(orbit, "distance").text.startswith("Camera.004 stands nearer or farther than the rest, by up to 20%.")
    assert told(orbit, "lens").text.startswith("Camera.006 and Camera.007 have another lens. SV3D always sees 33.8°")
    assert told(orbit, "roll").text.startswith("Camera.008 leans sideways, by up to 9°.")
    assert told(orbit, "aim").text.startswith("Camera.009 looks past the target, by up to 7°.")
    assert told(orbit, "lens").cameras == (5, 6)
    assert azimuths_and_elevations(orbit.poses) == pytest.approx(azimuths_and_elevations(static(10)))


def test_many_cameras_are_one_sentence():
    orbit = scene_orbit(ring(WAY, fov=50), TARGET)
    assert told(orbit, "lens").text.startswith("Camera.001, Camera.002 and 19 more have another lens.")


def test_a_camera_straight_above_is_taken_at_89():
    way = [*WAY]
    way[4] = (89.6, way[4][1])
    orbit = scene_orbit(ring(way), TARGET)
    assert told(orbit, "elevation").text.startswith("Camera.005 stands straight above or below the target")
    assert max(pose.elevation for pose in orbit.poses) <= 89


def test_a_way_that_is_not_closed_is_closed_with_a_word():
    orbit = scene_orbit(ring([(10, a) for a in range(0, 201, 10)]), TARGET)
    assert told(orbit, "open").text.startswith("The way is not closed: it ends at Camera.021 and begins at Camera.001")
    assert azimuths_and_elevations(orbit.poses) == pytest.approx(azimuths_and_elevations(static(10)), abs=0.1)


def test_of_two_turns_the_first_is_taken():
    helix = [(i / 2, 360 * i / 21) for i in range(42)]
    orbit = scene_orbit(ring(helix), TARGET)
    assert told(orbit, "turns").text == "With Camera.022 a second turn begins. Only the first is taken."
    assert told(orbit, "turns").cameras == tuple(range(21, 42))
    assert [pose.elevation for pose in orbit.poses[:3]] == pytest.approx([0.5, 1, 1.5])


def test_an_animation_that_ends_where_it_begins_is_one_turn():
    orbit = scene_orbit(ring([(10, 360 * i / 42) for i in range(43)]), TARGET)
    assert kinds(orbit) == []
    assert len(orbit.order) == 42  # the last frame is the first one again


def test_cameras_in_no_order_are_not_turns():
    star = ring([(5, 144 * i) for i in range(5)])
    assert "turns" not in kinds(scene_orbit(star, TARGET))
    assert len(scene_orbit(star, TARGET).order) == 5


def test_one_camera_above_another_is_left_out_with_a_word():
    orbit = scene_orbit([*ring(WAY), camera("Spare", 40, WAY[3][1] + 0.2)], TARGET)
    assert told(orbit, "double").text.startswith("Spare stands right above or below another camera")
    assert azimuths_and_elevations(orbit.poses) == pytest.approx(azimuths_and_elevations(static(10)))


def test_what_sv3d_was_not_trained_on_is_told():
    steep = scene_orbit(ring([(45, azimuth) for _, azimuth in WAY]), TARGET)
    assert told(steep, "picture").text.startswith("Camera.001 shows the picture's view from 45°.")
    way = [(70.0 if 8 < i < 12 else 0.0, azimuth) for i, (_, azimuth) in enumerate(WAY)]
    assert told(scene_orbit(ring(way), TARGET), "rise").text.startswith("The way goes")
    way = [(-36.0 if 8 < i < 12 else 0.0, azimuth) for i, (_, azimuth) in enumerate(WAY)]
    assert "changes by 36° at once" in told(scene_orbit(ring(way), TARGET), "jump").text


def test_too_few_and_none_round_it_are_told():
    with pytest.raises(UserError, match="needs 3 cameras"):
        scene_orbit(ring([(0, 0), (0, 180)]), TARGET)
    with pytest.raises(UserError, match="do not go round"):
        scene_orbit(ring([(e, 30) for e in range(0, 80, 8)]), TARGET)
