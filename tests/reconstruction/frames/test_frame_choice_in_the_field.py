"""Folders as people have them, rebuilt from their reports: which files become frames, and what is said."""

import json
from pathlib import Path

import pytest
import torch

from sv3d_engine.ground.progress import Progress
from sv3d_engine.reconstruction.frames.frames import load_frames
from sv3d_engine.reconstruction.frames.preparation import Prepared, prepare_frames
from tests.field import case

EVEN = [360 * (i + 1) / 21 % 360 for i in range(21)]


def prepared(source: Path, job: Path, cameras: str = "") -> Prepared:
    return prepare_frames(source, source / cameras if cameras else None, 10.0, job, Progress(), 128)


def azimuths(made: Prepared) -> list[float]:
    return [view.azimuth for view in made.orbit.views]


def test_masks_beside_frames_are_their_outlines(tmp_path: Path) -> None:
    made = prepared(case("mask_beside"), tmp_path)
    assert made.chosen == "21 frames: 000.png to 020.png." and azimuths(made) == pytest.approx(EVEN)
    assert made.notes[0] == "The masks beside the frames (000_mask.png …) are used as their outlines."
    frames = load_frames(tmp_path)
    corners = frames.alpha[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert len(frames.alpha) == 21 and corners.max() == 0 and frames.alpha.amax((1, 2)).min() > 0.9


def test_twins_are_taken_once(tmp_path: Path) -> None:
    made = prepared(case("png_and_jpg_twins"), tmp_path)
    assert azimuths(made) == pytest.approx(EVEN)
    assert made.notes[0] == "21 frames are there more than once: the png is used, not the jpg."


def test_one_jpg_among_pngs_is_a_frame_in_its_place(tmp_path: Path) -> None:
    source = case("mixed_one_jpg")
    made = prepared(source, tmp_path)
    assert azimuths(made) == pytest.approx(EVEN) and made.notes == ()
    assert len(load_frames(tmp_path).rgb) == 21


def test_signed_angles_are_used_in_their_order(tmp_path: Path) -> None:
    made = prepared(case("signed_azimuth_names"), tmp_path)
    assert azimuths(made) == pytest.approx([i * 360 / 21 % 360 for i in range(-10, 11)])
    assert made.chosen == "21 frames: view_-171.png to view_171.png."


def test_a_gap_stays_open(tmp_path: Path) -> None:
    made = prepared(case("gap_in_sequence"), tmp_path)
    assert azimuths(made) == pytest.approx([a for i, a in enumerate(EVEN) if not 5 <= i <= 7])
    assert "Numbers 5 to 7 are missing" in made.notes[0] and "17.1°" in made.notes[0]


def test_names_from_a_mac_are_found_and_keep_their_cameras(tmp_path: Path) -> None:
    source = case("nfd_names")
    made = prepared(source, tmp_path, "cameras.json")
    told = json.loads((source / "cameras.json").read_text(encoding="utf-8"))["frames"]
    assert azimuths(made) == pytest.approx([frame["azimuth"] for frame in told])


def test_an_alpha_that_hides_nothing_is_none(tmp_path: Path) -> None:
    made = prepared(case("alpha_254"), tmp_path)
    assert made.notes == (
        "The frames have an alpha that hides nothing, so the object was cut out from their background.",
    )
    solid = (load_frames(tmp_path).alpha > 0.5).float().mean((1, 2))
    assert torch.all(solid < 0.6), "the paper is no object"


def test_an_object_that_is_cut_off_is_told_once(tmp_path: Path) -> None:
    made = prepared(case("cut_off_all"), tmp_path)
    assert len(made.doubts) == 1 and made.doubts[0].startswith(
        "In all 21 frames the object reaches the picture's edge."
    )


def test_a_shadow_on_the_ground_is_taken_off(tmp_path: Path) -> None:
    made = prepared(case("white_soft_shadow"), tmp_path / "shadow")
    assert made.doubts == () and "The shadow on the ground was taken off the frames." in made.notes
    prepared(case("mixed_one_jpg"), tmp_path / "none")  # the same frames without a shadow
    with_it, without = load_frames(tmp_path / "shadow").alpha, load_frames(tmp_path / "none").alpha
    assert ((with_it > 0.5) ^ (without > 0.5)).sum() < 0.08 * (without > 0.5).sum()


@pytest.mark.parametrize("name", ["mixed_one_jpg", "png_and_jpg_twins", "mask_beside", "alpha_254", "gap_in_sequence"])
def test_good_frames_are_not_doubted(tmp_path: Path, name: str) -> None:
    assert prepared(case(name), tmp_path).doubts == ()
