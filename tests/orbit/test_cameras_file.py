"""cameras.json: what is read back, and how mistakes in it are told."""

import json
from pathlib import Path
from typing import Any

import pytest

from sv3d_engine.orbit.cameras import static_orbit
from sv3d_engine.orbit.orbit_files import CameraFile, parse_cameras, read_cameras, read_orbit, write_cameras
from sv3d_engine.shared.errors import UserError


def description(**changes: Any) -> dict[str, Any]:
    frames = [{"file": f"{i:03d}.png", "elevation": 5.0 * i, "azimuth": 40.0 * i} for i in range(9)]
    return {"fov_deg": 33.8, "distance": 2.35, "frames": frames} | changes


def with_frame(**changes: Any) -> dict[str, Any]:
    data = description()
    data["frames"][3] |= changes
    return data


def test_an_orbit_survives_writing_and_reading(tmp_path: Path) -> None:
    orbit = static_orbit(elevation=12.5, distance=2.1)
    write_cameras(orbit, tmp_path / "cameras.json")
    assert read_orbit(tmp_path / "cameras.json") == orbit
    assert [p.name for p in tmp_path.iterdir()] == ["cameras.json"]


def test_angles_stay_with_their_frame_in_the_order_of_the_file() -> None:
    data = description()
    data["frames"].reverse()
    views = parse_cameras(data).views
    assert [v.file for v in views] == [f"{i:03d}.png" for i in range(8, -1, -1)]
    assert all(v.elevation * 8 == v.azimuth for v in views)


def test_distance_may_be_left_out() -> None:
    data = description()
    del data["distance"]
    assert parse_cameras(data).distance is None
    assert parse_cameras(description(distance=None)).distance is None


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        ([], "no camera description"),
        ({"fov_deg": 33.8}, "no list of frames"),
        (description(fov_deg="wide"), "not a number"),
        (description(fov_deg=float("nan")), "not a usable number"),
        (description(fov_deg=1.0), "field of view"),
        (description(fov_deg=120), "field of view"),
        (description(distance=0), "distance"),
        (description(distance=float("inf")), "not a usable number"),
        (description(frames=description()["frames"][:7]), "lists 7 frames"),
        (description(frames=[]), "lists no frames"),
        (description(frames=[1] * 9), "not a camera"),
        (with_frame(elevation=float("nan")), "frame 4"),
        (with_frame(azimuth=float("-inf")), "not a usable number"),
        (with_frame(azimuth=None), "not a number"),
        (with_frame(azimuth=True), "not a number"),
        (with_frame(azimuth=10**400), "not a usable number"),
        (with_frame(elevation=89.5), "elevation"),
        (with_frame(weight=-0.1), "weight of frame 4 of cameras.json is -0.1"),
        (with_frame(weight=1.5), "weight of frame 4"),
        (with_frame(weight=None), "not a number"),
        (with_frame(weight=float("nan")), "not a usable number"),
        (with_frame(file=7), "names no picture file"),
        (with_frame(file=""), "names no picture file"),
        (with_frame(file="../000.png"), "no plain file name"),
        (with_frame(file="sub\\000.png"), "no plain file name"),
        (with_frame(file="C:000.png"), "no plain file name"),
        (with_frame(file=".."), "no plain file name"),
        (with_frame(file="/etc/passwd"), "no plain file name"),
        (with_frame(file="\\\\server\\share.png"), "no plain file name"),
        (with_frame(file="aux.png"), "no plain file name"),
        (with_frame(file="000.png."), "no plain file name"),
        (with_frame(file="000.png\x1b[2J"), "no plain file name: “000.png\\x1b[2J”"),
        (with_frame(file="x" * 5000), "no plain file name: “xxx"),
        (with_frame(file="000.png"), "twice"),
        (description(to_world=3), "no matrix of 4 × 4"),
        (description(to_world=[[1, 2, 3]] * 3), "no matrix of 4 × 4"),
        (description(to_world=[[0, 0, 0, float("nan")]] * 4), "no matrix of 4 × 4"),
        (description(to_world=[["x"] * 4] * 4), "no matrix of 4 × 4"),
        (description(to_world=[[0] * 4] * 3 + [[0]]), "no matrix of 4 × 4"),
    ],
)
def test_mistakes_are_named(data: Any, cause: str) -> None:
    with pytest.raises(UserError) as error:
        parse_cameras(data)
    assert cause in error.value.cause
    assert error.value.remedy


def test_too_many_frames_are_told_how_many_to_use() -> None:
    with pytest.raises(UserError, match="lists 300 frames") as error:
        parse_cameras(description(frames=description()["frames"][:1] * 300))
    assert "at most 256, for instance one in 2 of them" in error.value.remedy


def test_the_way_to_another_tools_space_is_read() -> None:
    assert parse_cameras(description()).to_world is None
    far = [[0.5, 0, 0, 5.4e6], [0, 0.5, 0, 0], [0, 0, 0.5, 0], [0, 0, 0, 1]]  # as of a map
    assert parse_cameras(description(to_world=far)).to_world == far


def test_missing_angles_are_named() -> None:
    data = description()
    del data["frames"][2]["azimuth"]
    with pytest.raises(UserError, match="“azimuth” is missing in frame 3"):
        parse_cameras(data)


@pytest.mark.parametrize("text", ["", "{", '{"fov_deg": 33.8,}', "[" * 100_000, "\x00"])
def test_a_file_that_is_not_json(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cameras.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="not valid JSON"):
        read_cameras(path)


def test_nan_written_by_python_is_caught(tmp_path: Path) -> None:
    path = tmp_path / "cameras.json"
    path.write_text(json.dumps(with_frame(elevation=float("nan"))), encoding="utf-8")
    with pytest.raises(UserError, match="not a usable number"):
        read_cameras(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no cameras file"):
        read_cameras(tmp_path / "cameras.json")


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "cameras.json"
    path.write_text(json.dumps(description()), encoding="utf-8-sig")
    assert len(read_cameras(path).views) == 9


def test_an_unknown_distance_is_left_out(tmp_path: Path) -> None:
    file = CameraFile(33.8, None, static_orbit(elevation=12.5, distance=2.1).views)
    write_cameras(file, tmp_path / "cameras.json")
    assert "distance" not in json.loads((tmp_path / "cameras.json").read_text(encoding="utf-8"))
    assert read_cameras(tmp_path / "cameras.json") == file


def test_weights_survive_and_are_written_only_where_they_say_something(tmp_path: Path) -> None:
    cameras = parse_cameras(with_frame(weight=0.25))
    assert [v.weight for v in cameras.views] == [1, 1, 1, 0.25, 1, 1, 1, 1, 1]
    write_cameras(cameras, tmp_path / "cameras.json")
    assert read_cameras(tmp_path / "cameras.json") == cameras
    assert (tmp_path / "cameras.json").read_text().count("weight") == 1
    assert cameras.orbit(2.0).says.tolist() == [1, 1, 1, 0.25, 1, 1, 1, 1, 1]


def test_frames_that_are_rejected_do_not_make_up_the_number() -> None:
    data = with_frame(weight=0)
    assert len(parse_cameras(data).views) == 9
    data["frames"][5]["weight"] = 0
    with pytest.raises(UserError, match="Only 7 of the 9 frames") as caught:
        parse_cameras(data)
    assert "at least 8" in caught.value.remedy


def test_a_frame_may_have_a_distance_of_its_own(tmp_path: Path) -> None:
    cameras = parse_cameras(with_frame(distance=3.0) | {"distance": 2.0})
    assert [view.away for view in cameras.views] == [1, 1, 1, 1.5, 1, 1, 1, 1, 1]
    write_cameras(cameras, tmp_path / "cameras.json")
    assert read_cameras(tmp_path / "cameras.json") == cameras
    assert (tmp_path / "cameras.json").read_text().count("distance") == 2
    positions = cameras.orbit(2.0).positions().norm(dim=1)
    assert positions.tolist() == pytest.approx([2, 2, 2, 3, 2, 2, 2, 2, 2])


@pytest.mark.parametrize(
    ("common", "own", "cause"),
    [(2.0, -1.0, "distance of frame 4"), (None, 2.0, "no common one"), (2.0, "far", "number")],
)
def test_a_distance_that_is_none_is_refused(common: Any, own: Any, cause: str) -> None:
    with pytest.raises(UserError) as error:
        parse_cameras(with_frame(distance=own) | {"distance": common})
    assert cause in error.value.cause


def test_a_polar_angle_is_called_one() -> None:
    with pytest.raises(UserError) as error:
        parse_cameras(with_frame(elevation=93.0))
    assert error.value.remedy.endswith("If it is counted from straight above, write 90 less it: -3.")
    with pytest.raises(UserError) as error:
        parse_cameras(with_frame(elevation=-93.0))
    assert "above" not in error.value.remedy
