"""The plan of a new rig of cameras."""

import math

import pytest
from sv3d.sv3d_blender.orbit.rig_plan import FREE_RADIUS, along, fitting_radius, rig_poses
from sv3d.sv3d_engine.shared.trajectory import dynamic, sine, static


def test_presets_are_sv3ds_own_ways():
    assert rig_poses("static", 12, 30, 0, 21) == static(12)
    assert rig_poses("sine", 12, 30, 0, 21) == sine(12, 30)
    assert rig_poses("dynamic", 12, 30, 7, 21) == dynamic(12, 7)
    assert len(rig_poses("sine", 12, 30, 0, 8)) == 8


def test_no_camera_goes_over_a_pole():
    for elevation in (-89, -80, 0, 80, 89):
        assert max(abs(pose.elevation) for pose in rig_poses("sine", elevation, 80, 0, 21)) <= 89


def test_a_ball_fits_into_the_frame():
    radius = fitting_radius(2.0)
    assert math.degrees(math.asin(2.0 / radius)) == pytest.approx(33.8 / 2 * 0.9, abs=0.3)
    assert fitting_radius(0.0) == FREE_RADIUS


def test_shares_of_a_closed_way():
    assert along([(0, 0, 0), (3, 0, 0), (3, 3, 0), (0, 3, 0)]) == (0, 0.25, 0.5, 0.75)
