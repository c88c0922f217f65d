"""A folder of frames is whole or as it was."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.orbit.orbit_files import write_frames

FILES = ["a.png", "b.png", "c.png"]


def frames(channels: int = 3) -> np.ndarray:
    return np.random.default_rng(channels).integers(0, 256, (3, 8, 8, channels), dtype=np.uint8)


class CancelledAtTheLast(Progress):
    def __call__(self, fraction: float, note: str = "") -> None:
        if fraction > 0.5:
            raise Cancelled


@pytest.mark.parametrize("channels", [3, 4])
def test_frames_are_read_back_as_they_were(tmp_path: Path, channels: int) -> None:
    write_frames(frames(channels), FILES, tmp_path / "frames", Progress())
    for frame, file in zip(frames(channels), FILES, strict=True):
        assert (np.asarray(Image.open(tmp_path / "frames" / file)) == frame).all()


def test_nothing_of_an_earlier_folder_stays(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "old.png").touch()
    write_frames(frames(), FILES, tmp_path / "frames", Progress())
    assert sorted(path.name for path in (tmp_path / "frames").iterdir()) == FILES


def test_cancelling_leaves_the_earlier_folder_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "old.png").touch()
    with pytest.raises(Cancelled):
        write_frames(frames(), FILES, tmp_path / "frames", CancelledAtTheLast())
    assert [path.name for path in tmp_path.rglob("*")] == ["frames", "old.png"]
