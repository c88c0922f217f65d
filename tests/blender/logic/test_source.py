"""Which files an orbit's frames are."""

import json
from pathlib import Path

import pytest
from sv3d.sv3d_blender.generate.source import (
    Orbit,
    check_source,
    orbit_in_folder,
    orbit_of_sequence,
    pictures_in_folder,
    static_cameras,
)
from sv3d.sv3d_engine.orbit.cameras import SV3D_FOV_DEG, static_orbit
from sv3d.sv3d_engine.orbit.orbit_files import parse_cameras
from sv3d.sv3d_engine.shared.errors import UserError


def fill(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


NINE = tuple(f"{i:03d}.png" for i in range(9))


def test_other_pictures_beside_the_sequence_are_not_frames(tmp_path):
    fill(tmp_path, *NINE, "input.png", "notes.txt", ".hidden.png")
    assert orbit_in_folder(tmp_path).files == NINE


def test_pictures_without_numbers_are_all_frames(tmp_path):
    fill(tmp_path, "front.png", "back.png", "left.jpg")
    assert orbit_in_folder(tmp_path).files == ("back.png", "front.png", "left.jpg")


def test_a_sequence_is_what_has_its_name_and_a_number(tmp_path):
    fill(tmp_path, "cow_9.png", "cow_10.png", "dog_9.png", "cow_9.exr")
    orbit = orbit_of_sequence(tmp_path / "cow_9.png")
    assert orbit.files == ("cow_9.png", "cow_10.png")


def test_what_was_chosen_is_said_as_the_engine_says_it(tmp_path):
    fill(tmp_path, *NINE, "input.png", *(name.replace(".", "_mask.") for name in NINE))
    assert orbit_in_folder(tmp_path).said == (
        "9 frames: 000.png to 008.png.",
        "The masks beside the frames (000_mask.png …) are used as their outlines.",
        "Left out beside the frames: input.png.",
    )
    assert orbit_in_folder(fill(tmp_path / "few", *NINE[:3])).said == ("3 frames: 000.png to 002.png; 8 are needed.",)


def test_a_film_is_an_orbit_whose_frames_the_engine_picks(tmp_path):
    fill(tmp_path, "turn.mp4", "notes.txt")
    orbit = orbit_in_folder(tmp_path / "turn.mp4")
    assert orbit.is_film and orbit.title == "turn" and orbit.folder == tmp_path / "turn.mp4"
    assert orbit.said == ("The film turn.mp4: frames of one turn are picked.",)
    check_source(tmp_path / "turn.mp4", is_folder=True)
    for wrong in ("notes.txt", "gone.mp4"):
        with pytest.raises(UserError, match="no longer where it was"):
            check_source(tmp_path / wrong, is_folder=True)


def test_a_sequence_keeps_the_places_of_frames_that_are_missing(tmp_path):
    fill(tmp_path, *(f"cow_{i:02d}.png" for i in range(12) if i != 4), "dog_4.png")
    orbit = orbit_of_sequence(tmp_path / "cow_03.png")
    assert orbit.azimuths == pytest.approx([30 * (i + 1) % 360 for i in range(12) if i != 4])
    assert "Number 4 is missing" in orbit.said[1]
    read = parse_cameras(json.loads(static_cameras(orbit, 5.0)))
    assert [view.azimuth for view in read.views] == pytest.approx(orbit.azimuths)
    assert read.assumed, "cameras that nobody told may be found"


def test_a_sequence_needs_a_number(tmp_path):
    with pytest.raises(UserError, match="no frame numbers"):
        orbit_of_sequence(tmp_path / "cow.png")


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match="cannot be opened"):
        orbit_in_folder(tmp_path / "none")


def test_cameras_among_the_frames_are_found(tmp_path):
    fill(tmp_path, *NINE, "cameras.json")
    assert orbit_in_folder(tmp_path).cameras == tmp_path / "cameras.json"


@pytest.mark.parametrize(("text", "found"), [(json.dumps({"frames": [{"file": n} for n in NINE]}), True),
                                             (json.dumps({"frames": [{"file": NINE[0]}]}), False),
                                             ('{"orbit": []}', False), ("{", False), ("[]", False)])  # fmt: skip
def test_cameras_beside_the_folder_are_taken_if_they_name_its_frames(tmp_path, text, found):
    fill(tmp_path / "frames", *NINE)
    (tmp_path / "cameras.json").write_text(text, encoding="utf-8")
    assert (orbit_in_folder(tmp_path / "frames").cameras is not None) == found


def test_written_cameras_are_the_engines_static_orbit(tmp_path):
    orbit = orbit_in_folder(fill(tmp_path, *NINE))
    read = parse_cameras(json.loads(static_cameras(orbit, 12.5)))
    assert read.fov_deg == SV3D_FOV_DEG
    assert read.views == static_orbit(12.5, 2.0, 9).views


@pytest.mark.parametrize(
    ("folder", "title"),
    [
        ("/shots/cow", "cow"),
        ("/jobs/cow-20260131-120000/frames", "cow"),
        ("/jobs/cow-20260131-120000-2", "cow"),
        ("/", "Orbit"),
    ],
)
def test_title_is_what_the_artist_knows_the_orbit_by(folder, title):
    assert Orbit(Path(folder), (), None).title == title


def test_the_orbit_of_a_job_is_called_as_the_job(tmp_path):
    made = tmp_path / "cow-20261128-101500" / "orbit" / "frames"
    assert Orbit(made, (), None).title == "cow"
    assert Orbit(tmp_path / "orbit", (), None).title == "orbit"


def test_a_batch_takes_the_pictures_of_a_folder_by_name(tmp_path):
    for name in ("b.png", "a.JPG", "notes.txt", ".hidden.png"):
        (tmp_path / name).write_bytes(b"")
    assert [p.name for p in pictures_in_folder(tmp_path)] == ["a.JPG", "b.png"]
    with pytest.raises(UserError, match="no pictures"):
        pictures_in_folder(fill(tmp_path / "empty"))
