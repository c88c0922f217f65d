"""Whose frame's each normal map is, and folders that hold none."""

from pathlib import Path

import pytest

from sv3d_engine.reconstruction.frames.normal_files import map_files, paired
from sv3d_engine.shared.errors import UserError


def pair(maps: list[str], names: list[str]) -> list[str | None]:
    return [file and file.name for file in paired([Path(name) for name in maps], names)]


def test_a_map_belongs_to_the_frame_that_is_called_as_it_is() -> None:
    """Whatever the frames' order, and whatever else lies there."""
    maps = ["back.png", "front.png", "left.png", "other.png"]
    assert pair(maps, ["left.jpg", "Front.JPG", "back.jpg"]) == ["left.png", "front.png", "back.png"]


def test_as_many_under_other_names_are_in_the_order_of_the_frames_names() -> None:
    assert pair(["n2.png", "n10.png", "n30.png"], ["f3.png", "f1.png", "f2.png"]) == ["n30.png", "n2.png", "n10.png"]
    assert pair(["001.png", "002.png"], ["000.png", "001.png"]) == ["001.png", "002.png"]  # counted from 1


def test_one_that_is_missing_leaves_the_others_in_place() -> None:
    assert pair(["a.png", "c.png"], ["a.png", "b.png", "c.png"]) == ["a.png", None, "c.png"]
    names = [f"render_{i:04d}.png" for i in (10, 20, 30)]
    assert pair(["normal_10.png", "normal_30.png"], names) == ["normal_10.png", None, "normal_30.png"]
    many = [f"normal_{i}.png" for i in range(40)]
    assert pair(many, names) == ["normal_10.png", "normal_20.png", "normal_30.png"]


def test_maps_that_tell_of_too_few_frames_are_refused_with_the_name_to_give() -> None:
    with pytest.raises(UserError, match="2 normal maps for 6 frames") as caught:
        pair(["x.png", "y.png"], [f"view_{i}.png" for i in range(6)])
    assert "view_0.png" in caught.value.remedy


def test_numbers_of_a_films_frames_are_no_maps_numbers() -> None:
    with pytest.raises(UserError, match="not called as these"):
        pair([f"{i}.png" for i in range(30)], [f"frame {i} of turn.mp4" for i in range(8)])


def test_folders_without_a_map_tell_why(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no normal maps"):
        map_files(tmp_path)
    for i in range(3):
        (tmp_path / f"{i}.exr").touch()
    with pytest.raises(UserError, match="3 of its files are EXR") as caught:
        map_files(tmp_path)
    assert "PNG" in caught.value.remedy
    with pytest.raises(UserError, match="cannot be read"):
        map_files(tmp_path / "nowhere")


def test_maps_are_pictures_only_2_before_10(tmp_path: Path) -> None:
    for name in ("10.png", "2.png", "Thumbs.db", ".hidden.png"):
        (tmp_path / name).touch()
    assert [file.name for file in map_files(tmp_path)] == ["2.png", "10.png"]
