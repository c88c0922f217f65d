import argparse
import io
from pathlib import Path

import pytest
from PIL import Image

from sv3d_engine.batch.board import Board
from sv3d_engine.batch.planning import plan
from sv3d_engine.batch.sources import Wish
from sv3d_engine.batch.tasks import Task
from sv3d_engine.job.arguments import add_job_options
from sv3d_engine.job.terminal import LiveLine


@pytest.fixture
def options() -> argparse.Namespace:
    """Those of a batch of which nothing is said."""
    parser = argparse.ArgumentParser()
    add_job_options(parser)
    return parser.parse_args([])


@pytest.fixture
def orbits(tmp_path: Path) -> list[Path]:
    """Three folders of frames, of one colour each."""
    folders = [tmp_path / "in" / name for name in ("cow", "mug", "pot")]
    for number, folder in enumerate(folders):
        folder.mkdir(parents=True)
        for i in range(8):
            Image.new("RGB", (8, 8), (50 * number, 0, 0)).save(folder / f"{i:03d}.png")
    return folders


@pytest.fixture
def tasks(orbits: list[Path], options: argparse.Namespace, tmp_path: Path) -> tuple[Task, ...]:
    """One for each orbit, with job folders in ``out``."""
    return plan([Wish(orbit, options) for orbit in orbits], tmp_path / "out", again=False).tasks


@pytest.fixture
def board(tasks: tuple[Task, ...]) -> Board:
    return Board(tasks, LiveLine(io.StringIO()))
