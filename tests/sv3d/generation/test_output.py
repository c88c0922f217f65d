"""A generated orbit's files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.orbit.orbit_files import read_cameras
from sv3d_engine.orbit.validation import poses_from_file
from sv3d_engine.shared.trajectory import dynamic
from sv3d_engine.sv3d.generation.orbit_pictures import contact_sheet, write_orbit

POSES = dynamic(10, 1)


def greys(size: int = 16) -> np.ndarray:
    """Frames (21, S, S, 3), each of a grey of its own."""
    return np.tile(np.arange(21, dtype=np.uint8)[:, None, None, None] * 5, (1, size, size, 3))


class CancelledAt(Progress):
    def __init__(self, fraction: float) -> None:
        self._last = fraction

    def __call__(self, fraction: float, note: str = "") -> None:
        if fraction >= self._last:
            raise Cancelled


def test_frames_cameras_and_sheet_are_written_and_nothing_else(tmp_path: Path) -> None:
    write_orbit(greys(), POSES, tmp_path, Progress())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cameras.json", "contact_sheet.png", "frames"]
    names = [f"{i:03d}.png" for i in range(21)]
    assert sorted(path.name for path in (tmp_path / "frames").iterdir()) == names
    for name, frame in zip(names, greys(), strict=True):
        assert (np.asarray(Image.open(tmp_path / "frames" / name)) == frame).all()


def test_the_cameras_are_read_back_without_a_distance(tmp_path: Path) -> None:
    write_orbit(greys(), POSES, tmp_path, Progress())
    described = read_cameras(tmp_path / "cameras.json")
    assert (described.fov_deg, described.distance) == (33.8, None)
    assert [view.file for view in described.views] == [f"{i:03d}.png" for i in range(21)]
    assert poses_from_file(tmp_path / "cameras.json") == (POSES, ())


def test_the_sheet_shows_the_frames_in_order() -> None:
    sheet = np.asarray(contact_sheet(greys(), POSES))
    rows, columns = np.indices((3, 7))
    centres = sheet[12 + 128 + rows * 298, 12 + 128 + columns * 268]
    assert (centres.reshape(21, 3) == greys()[:, 0, 0]).all()


def test_a_cancelled_orbit_leaves_no_half_written_file(tmp_path: Path) -> None:
    for i, fraction in enumerate((0.0, 0.5, 0.9)):
        folder = tmp_path / str(i)
        folder.mkdir()
        with pytest.raises(Cancelled):
            write_orbit(greys(), POSES, folder, CancelledAt(fraction))
        whole = {"frames", "cameras.json"} if fraction == 0.9 else set()
        assert {path.name for path in folder.iterdir()} == whole
