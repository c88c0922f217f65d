"""The orbit camera in Blender's axes against the engine's cameras."""

import json
from math import degrees, pi

import numpy as np
import pytest
from sv3d.sv3d_blender.result.orbit_path import NO_CAMERAS, SENSOR, camera_pose, read_orbit_path
from sv3d.sv3d_engine.orbit.cameras import CameraOrbit, View

# The engine's world (x, y, z) is Blender's (y, -x, z) once its GLB is imported.
TO_BLENDER = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])


def rotation(euler) -> np.ndarray:  # (3, 3), columns: the camera's axes
    x, y, z = euler
    cx, sx, cy, sy, cz, sz = np.cos(x), np.sin(x), np.cos(y), np.sin(y), np.cos(z), np.sin(z)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


@pytest.mark.parametrize(("elevation", "azimuth"), [(0, 0), (10, 17.1), (-20, 200), (89, 300), (30, 359.9)])
def test_pose_is_the_engines_camera(elevation, azimuth):
    orbit = CameraOrbit(33.8, 2.5, (View("0.png", elevation, azimuth),))
    pose = camera_pose(elevation, azimuth, 2.5)
    assert np.allclose(pose.location, TO_BLENDER @ orbit.positions()[0].numpy(), atol=1e-6)
    axes = TO_BLENDER @ orbit.rotations()[0].numpy().T  # columns: right, up, backward
    assert np.allclose(rotation(pose.rotation), axes, atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"fov_deg": 0},
        {"fov_deg": 180},
        {"fov_deg": float("nan")},
        {"fov_deg": 10**400},
        {"distance": -1},
        {"distance": float("inf")},
        {"distance": "far"},
        {"frames": []},
        {"frames": [7]},
        {"frames": {"file": 1}},
        {"frames": [{"file": "../a.png", "elevation": 0, "azimuth": 0}]},
        {"frames": [{"file": "a.png", "elevation": float("nan"), "azimuth": 0}]},
        {"frames": [{"file": "a.png", "elevation": 0, "azimuth": float("inf")}]},
    ],
)
def test_cameras_that_are_none_are_refused(tmp_path, change):
    frames = [{"file": "a.png", "elevation": 0, "azimuth": 0}]
    file = tmp_path / "cameras.json"
    file.write_text(json.dumps({"fov_deg": 33.8, "distance": 2, "frames": frames}))
    assert read_orbit_path(file).distance == 2
    file.write_text(json.dumps({"fov_deg": 33.8, "distance": 2, "frames": frames} | change))
    with pytest.raises(NO_CAMERAS):
        read_orbit_path(file)


@pytest.mark.parametrize("content", ["", "7", "[" * 100_000, "[]"])
def test_what_is_no_cameras_file_is_refused(tmp_path, content):
    (tmp_path / "cameras.json").write_text(content)
    with pytest.raises(NO_CAMERAS):
        read_orbit_path(tmp_path / "cameras.json")


def test_front_view_looks_from_minus_y():
    assert camera_pose(0, 0, 2.0).location == pytest.approx((0, -2, 0))


def test_azimuth_goes_on_where_the_file_starts_again_at_zero(tmp_path):
    frames = [{"file": f"{i}.png", "elevation": 0, "azimuth": 360 * (i + 1) / 21 % 360} for i in range(21)]
    (tmp_path / "cameras.json").write_text(json.dumps({"fov_deg": 33.8, "distance": 2, "frames": frames}))
    path = read_orbit_path(tmp_path / "cameras.json")
    turns = [degrees(pose.rotation[2]) for pose in path.poses]
    assert turns == pytest.approx([360 * (i + 1) / 21 for i in range(21)])
    assert 2 * np.arctan(SENSOR / 2 / path.lens) == pytest.approx(33.8 * pi / 180)


def test_a_frame_may_stand_nearer_than_the_others(tmp_path):
    path = tmp_path / "cameras.json"
    frames = [{"file": f"{i:03d}.png", "elevation": 0, "azimuth": 40 * i} for i in range(9)]
    frames[3]["distance"] = 1.25
    path.write_text(json.dumps({"fov_deg": 30, "distance": 2.5, "frames": frames}))
    poses = read_orbit_path(path).poses
    assert [round(float(np.linalg.norm(pose.location)), 6) for pose in poses] == [2.5, 2.5, 2.5, 1.25, *[2.5] * 5]
    frames[3]["distance"] = -1
    path.write_text(json.dumps({"fov_deg": 30, "distance": 2.5, "frames": frames}))
    with pytest.raises(NO_CAMERAS):
        read_orbit_path(path)
