"""Orbits as people have them, rebuilt from their reports: what becomes of wrong cameras, and what is said."""

from pathlib import Path

import pytest

from sv3d_engine.ground.progress import Progress
from sv3d_engine.reconstruction.frames.found_cameras import CameraSearch
from sv3d_engine.reconstruction.frames.preparation import Prepared, prepare_frames
from sv3d_engine.shared.errors import UserError
from tests.field import case


def prepared(source: Path, job: Path, cameras: str = "", search: CameraSearch = "used") -> Prepared:
    return prepare_frames(source, source / cameras if cameras else None, 10.0, job, Progress(), 512, search)


def test_a_turn_the_other_way_is_used_with_a_note(tmp_path: Path) -> None:
    made = prepared(case("reversed_kunkun"), tmp_path)
    assert made.orbit.views[0].azimuth == pytest.approx(-360 / 21, abs=0.01)
    assert abs(made.orbit.views[0].elevation - 10) < 1
    assert "clockwise" in made.notes[-1]


def test_a_shift_is_taken_out_with_a_note(tmp_path: Path) -> None:
    made = prepared(case("off_centre_10"), tmp_path)
    assert "right of the frames' middle" in made.notes[-1]
    assert made.orbit.views[-1].elevation == pytest.approx(10, abs=1)


def test_a_true_orbit_with_a_wrong_hole_keeps_its_cameras(tmp_path: Path) -> None:
    made = prepared(case("highlight_is_hole"), tmp_path)
    assert [view.elevation for view in made.orbit.views] == [10.0] * 21
    assert not any("outlines agree" in note for note in made.notes)


def test_radians_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="look like radians"):
        prepared(case("radians"), tmp_path, "cameras.json")


def test_pictures_that_do_not_turn_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="do not turn"):
        prepared(case("same_picture_21"), tmp_path)
