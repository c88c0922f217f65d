"""transforms.json in its dialects, and clear words for what is wrong with one."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import photo_scene as scene
import pytest

from sv3d_engine.orbit.lens import Lens
from sv3d_engine.orbit.photographs import Photograph
from sv3d_engine.orbit.transforms_file import is_transforms, parse_transforms, read_transforms
from sv3d_engine.shared.errors import UserError

LENS = Lens((0.95, 0.95), (0.52, 0.36), (-0.1, 0.02, 0.0), (0.001, 0.002), (400, 300))


def walk(lens: Lens = LENS) -> list[Photograph]:
    return [Photograph(f"images/{i:04d}.png", lens, *camera) for i, camera in enumerate(scene.walk(10))]


def described(**changed: Any) -> dict[str, Any]:
    frames = []
    for one in walk():
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = one.axes.T, one.position
        frames.append({"file_path": one.file, "transform_matrix": matrix.tolist()})
    return {"camera_angle_x": 0.7, "frames": frames, **changed}


def same(one: Photograph, other: Photograph) -> bool:
    return one.file == other.file and np.allclose(one.axes, other.axes) and np.allclose(one.position, other.position)


@pytest.mark.parametrize("flipped", [False, True])
def test_what_was_written_is_read(tmp_path: Path, flipped: bool) -> None:
    scene.write_transforms(tmp_path / "transforms.json", walk(), flipped)
    read = read_transforms(tmp_path / "transforms.json")
    assert all(map(same, read.views, walk()))
    lens = read.views[3].lens
    for value, expected in zip(
        (*lens.focal, *(lens.centre or ()), *lens.radial, *lens.tangential),
        (*LENS.focal, *(LENS.centre or ()), *LENS.radial, *LENS.tangential),
        strict=True,
    ):
        assert value == pytest.approx(expected)
    assert lens.size == (400, 300) and read.upright
    assert bool(read.notes) == flipped and ("OpenCV" in "".join(read.notes)) == flipped


@pytest.mark.parametrize("flipped", [False, True])
def test_matrices_that_lead_to_the_camera_are_read_the_other_way(flipped: bool) -> None:
    data = described()
    for i, frame in enumerate(data["frames"]):
        turn = 2 * math.pi * i / len(data["frames"])
        right = np.array([-math.sin(turn), math.cos(turn), 0])
        back = np.array([math.cos(turn), math.sin(turn), 0])
        own = np.eye(4)
        own[:3, :3] = np.stack([right, [0, 0, 1], back], 1)
        own[:3, 3] = 3 * back
        if flipped:
            own = own @ np.diag([1, -1, -1, 1])
        frame["transform_matrix"] = np.linalg.inv(own).tolist()
    read = parse_transforms(data)
    assert "from the world to the camera" in read.notes[0] and len(read.notes) == 1 + flipped
    for view in read.views:
        assert np.linalg.norm(view.position) == pytest.approx(3) and view.axes[1] == pytest.approx([0, 0, 1])
        assert view.axes[2] == pytest.approx(view.position / 3)


def test_an_angle_alone_is_a_lens() -> None:
    lens = parse_transforms(described()).views[0].lens
    assert lens.focal == (pytest.approx(0.5 / math.tan(0.35)),) * 2
    assert lens.centre is None and lens.size is None and lens.is_plain


def test_a_frames_own_lens_goes_before_the_common_one() -> None:
    data = described(fl_x=500.0, fl_y=500.0, w=400, h=300)
    data["frames"][2] |= {"fl_x": 600.0, "w": 800, "h": 600, "fl_y": 620.0}
    views = parse_transforms(data).views
    assert views[1].lens.focal == (1.25, 1.25)
    assert views[2].lens.focal == (0.75, pytest.approx(0.775)) and views[2].lens.size == (800, 600)


def test_two_angles_are_of_two_sides() -> None:
    data = described(camera_angle_x=0.8, camera_angle_y=0.6, w=400, h=300)
    focal = parse_transforms(data).views[0].lens.focal
    assert focal == (pytest.approx(0.5 / math.tan(0.4)), pytest.approx(0.375 / math.tan(0.3)))


def test_an_angle_of_the_height_is_one_of_the_width() -> None:
    data = described(camera_angle_x=None, camera_angle_y=0.6, w=400, h=300)
    assert parse_transforms(data).views[0].lens.focal == (pytest.approx(0.375 / math.tan(0.3)),) * 2


def test_a_scaled_camera_is_still_a_camera() -> None:
    data = described()
    for frame in data["frames"]:
        for row in frame["transform_matrix"][:3]:
            row[:3] = [3 * value for value in row[:3]]
    assert all(map(same, parse_transforms(data).views, walk()))


def test_frames_come_by_their_names_and_windows_ways_are_ways() -> None:
    data = described()
    data["frames"].reverse()
    data["frames"][0]["file_path"] = "images\\0009.png"
    assert [view.file for view in parse_transforms(data).views] == [one.file for one in walk()]


def first(data: dict[str, Any], **changed: Any) -> dict[str, Any]:
    data["frames"][0] |= changed
    return data


def matrix(data: dict[str, Any]) -> np.ndarray:
    return np.array(data["frames"][0]["transform_matrix"])


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        ({"frames": 3}, "no list of frames"),
        (described(frames=described()["frames"][:5]), "5 frames"),
        (described(camera_angle_x=None), "neither camera_angle_x nor fl_x"),
        (described(camera_angle_x=40.0), "looks like degrees"),
        (described(camera_angle_x="wide"), "not a usable number"),
        (described(camera_angle_x=None, fl_x=500.0), "no w and h"),
        (described(camera_angle_x=None, camera_angle_y=0.6), "told by its height alone"),
        (described(camera_angle_x=None, camera_angle_y=0.6, w=400), "told by its height alone"),
        (described(camera_model="OPENCV_FISHEYE"), "no pinhole"),
        (described(is_fisheye=True), "fisheye"),
        (described(w=400, h=300, cx=900.0, cy=10.0), "principal point"),
        (first(described(), file_path=None), "names no picture"),
        (first(described(), transform_matrix=None), "4 × 4"),
        (first(described(), transform_matrix=[[1, 2], [3]]), "4 × 4"),
        (first(described(), transform_matrix=(matrix(described()) * np.nan).tolist()), "no usable number"),
        (first(described(), transform_matrix=matrix(described()).T.tolist()), "0, 0, 0, 1"),
        (first(described(), transform_matrix=(matrix(described()) @ np.diag([-1, 1, 1, 1])).tolist()), "left-handed"),
        (
            first(described(), transform_matrix=(matrix(described()) @ np.diag([2, 1, 1, 1])).tolist()),
            "differ in length",
        ),
        (first(described(), file_path="images/0003.png"), "twice"),
    ],
)
def test_what_is_wrong_is_named(data: Any, cause: str) -> None:
    with pytest.raises(UserError) as error:
        parse_transforms(data)
    assert cause in error.value.cause and error.value.remedy


def test_it_is_told_from_a_cameras_json(tmp_path: Path) -> None:
    assert is_transforms(described()) and is_transforms({"fl_x": 3, "frames": [{"file_path": "a"}]})
    assert not is_transforms({"fov_deg": 30, "frames": [{"file": "a", "elevation": 0, "azimuth": 3}]})
    assert not is_transforms([1]) and not is_transforms({"frames": 4})
    (tmp_path / "transforms.json").write_text("{" * 5000)
    with pytest.raises(UserError, match="not valid JSON"):
        read_transforms(tmp_path / "transforms.json")
    (tmp_path / "transforms.json").write_text("\ufeff" + json.dumps(described()), encoding="utf-8")
    assert len(read_transforms(tmp_path / "transforms.json").views) == 10
