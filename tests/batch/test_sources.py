import argparse
from pathlib import Path

import pytest
from PIL import Image

from sv3d_engine.batch.sources import cameras_of, frames_of, read_wishes
from sv3d_engine.shared.errors import UserError


def picture(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8)).save(file)
    return file


def wished(asked: Path, options: argparse.Namespace) -> list[str]:
    return [wish.source.relative_to(asked.parent).as_posix() for wish in read_wishes(asked, options, Path("/out"))[0]]


def test_a_folder_holds_pictures_and_orbits(tmp_path, options) -> None:
    folder = tmp_path / "in"
    for name in ("mug10.png", "mug2.JPG", ".hidden.png"):
        picture(folder / name)
    (folder / "notes.txt").write_text("no picture")
    for i in range(8):
        picture(folder / "orbit" / f"{i}.png")
        picture(folder / "made" / "frames" / f"{i}.png")
    picture(folder / "few" / "0.png")
    wishes, left_out = read_wishes(folder, options, folder / "out")
    assert [wish.source.name for wish in wishes] == ["made", "mug2.JPG", "mug10.png", "orbit"]
    assert left_out == ["few is left out: it has 1 frames of the 8 that an orbit needs"]
    assert [wish.is_orbit for wish in wishes] == [True, False, False, True]


def test_films_are_orbits_as_folders_are(tmp_path, options) -> None:
    folder = tmp_path / "in"
    picture(folder / "mug.png")
    (folder / "turn.mp4").write_bytes(b"a video")
    (folder / "turn.json").write_text("{}")
    frames = [Image.new("RGB", (8, 8), (20 * i, 0, 0)) for i in range(9)]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])
    frames[0].save(folder / "still.gif")
    wishes, left_out = read_wishes(folder, options, tmp_path / "out")
    assert {wish.source.name: wish.is_orbit for wish in wishes} == {
        "moving.gif": True,
        "mug.png": False,
        "still.gif": False,
        "turn.mp4": True,
    }
    assert left_out == []
    assert frames_of(folder / "turn.mp4") == folder / "turn.mp4"
    assert cameras_of(folder / "turn.mp4") == folder / "turn.json" and cameras_of(folder / "moving.gif") is None


def test_results_inside_the_folder_are_no_sources(tmp_path, options) -> None:
    for i in range(8):
        picture(tmp_path / "out" / f"{i}.png")
    picture(tmp_path / "mug.png")
    assert [wish.source.name for wish in read_wishes(tmp_path, options, tmp_path / "out")[0]] == ["mug.png"]
    with pytest.raises(UserError, match="among the pictures"):
        read_wishes(tmp_path, options, tmp_path)


def test_a_folder_with_cameras_is_one_orbit(tmp_path, options) -> None:
    picture(tmp_path / "in" / "0.png")
    (tmp_path / "in" / "cameras.json").write_text("{}")
    assert wished(tmp_path / "in", options) == ["in"]


def test_frames_and_cameras_as_the_orbit_command_leaves_them(tmp_path) -> None:
    picture(tmp_path / "a" / "frames" / "0.png")
    (tmp_path / "a" / "cameras.json").write_text("{}")
    assert frames_of(tmp_path / "a") == tmp_path / "a" / "frames"
    assert cameras_of(tmp_path / "a") == tmp_path / "a" / "cameras.json"
    picture(tmp_path / "b" / "0.png")
    assert frames_of(tmp_path / "b") == tmp_path / "b"
    assert cameras_of(tmp_path / "b") is None


def test_nothing_to_do_is_told(tmp_path, options) -> None:
    with pytest.raises(UserError, match="no picture and no orbit"):
        read_wishes(tmp_path, options, Path("/out"))
    with pytest.raises(UserError, match="no folder or list"):
        read_wishes(tmp_path / "none", options, Path("/out"))


def test_a_text_file_has_one_path_a_line(tmp_path, options) -> None:
    file = tmp_path / "list.txt"
    file.write_text("# cups\n\n sub/cup.png \n/elsewhere/mug.png\n", encoding="utf-8-sig")
    sources = [wish.source for wish in read_wishes(file, options, Path("/out"))[0]]
    assert sources == [tmp_path / "sub/cup.png", Path("/elsewhere/mug.png")]
    file.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(UserError, match="cannot be read"):
        read_wishes(file, options, Path("/out"))


@pytest.mark.parametrize("comma", [",", ";"])
def test_a_csv_has_options_a_line(tmp_path, options, comma) -> None:
    options.seed, options.preset = 7, "draft"
    lines = [
        "Picture,name,seed,preset,orbit,weights,download,elevation",
        "cup.png,red cup,3,high,cams.json,w.safetensors,yes,-5",
        "mug.png,,,,sine,,no,",
        ",,,,,,,",
    ]
    file = tmp_path / "list.csv"
    file.write_text("\n".join(lines).replace(",", comma))
    cup, mug = read_wishes(file, options, Path("/out"))[0]
    assert (cup.source, cup.name) == (tmp_path / "cup.png", "red cup")
    said = cup.options
    assert (said.seed, said.preset, said.elevation, said.download) == (3, "high", -5.0, True)
    assert (said.orbit, said.weights) == (str(tmp_path / "cams.json"), str(tmp_path / "w.safetensors"))
    assert (mug.options.seed, mug.options.preset, mug.options.orbit, mug.options.download) == (
        7,
        "draft",
        "sine",
        False,
    )
    assert (mug.options.weights, mug.name) == (None, "")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("path,speed\na.png,3\n", "'speed', which is unknown"),
        ("path,out\na.png,x\n", "'out', which is unknown"),
        ("seed\n3\n", "names no pictures"),
        ("path,preset\na.png,best\n", "cannot be used"),
        ("path,seed\na.png,many\n", "cannot be used"),
        ("path,download\na.png,maybe\n", "Line 2 of list.csv"),
    ],
)
def test_what_is_wrong_with_a_csv_is_told(tmp_path, options, text, problem) -> None:
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(UserError, match=problem):
        read_wishes(tmp_path / "list.csv", options, Path("/out"))
