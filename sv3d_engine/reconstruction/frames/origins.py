"""Which picture of the artist's each prepared frame shows, and where: what lies beside the pictures follows them so."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...ground.files import reading, write_json
from ...shared.job_files import WORK

_FILE = f"{WORK}/origins.json"
Matrix = tuple[tuple[float, float, float], tuple[float, float, float]]
UNMOVED: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


@dataclass(frozen=True)
class Origin:
    """Of one frame."""

    name: str  # of the picture's file, or what a frame of a film is called
    # From places in the frame, x right and y down in [0, 1], to those of the picture made square; None where no matrix
    # does that: the photograph was taken again by another camera.
    place: Matrix | None = UNMOVED

    @property
    def roll(self) -> float:
        """Radians that the picture is turned clockwise from the frame."""
        assert self.place is not None
        return float(np.arctan2(self.place[1][0], self.place[0][0]))


def moved(name: str, before: NDArray[np.float64], aside: NDArray[np.float64]) -> Origin:
    """Of a frame that was straightened by ``before`` (2, 3), and then moved by ``aside`` (2,), in frame widths."""
    matrix = before.copy()
    matrix[:, 2] += before[:, :2] @ aside
    first, second = (tuple(map(float, row)) for row in matrix)
    return Origin(name, (first, second))  # type: ignore[arg-type]  # three numbers each


def write_origins(origins: Sequence[Origin], files: Sequence[str], job: Path) -> None:
    """Keep them with a job, by the names of its frames."""
    (job / _FILE).parent.mkdir(exist_ok=True)
    entries = zip(files, origins, strict=True)
    write_json(job / _FILE, {file: {"name": origin.name, "place": origin.place} for file, origin in entries})


def read_origins(job: Path, files: Sequence[str]) -> tuple[Origin, ...] | None:
    """What ``write_origins`` kept of these frames; None in a job of an older engine.  Raises Damaged."""
    path = job / _FILE
    if not path.is_file():
        return None
    with reading(path):
        entries = json.loads(path.read_text(encoding="utf-8"))
        return tuple(_origin(entries[file]) for file in files)


def _origin(entry: Any) -> Origin:
    if entry["place"] is None:
        return Origin(entry["name"], None)
    first, second = ((float(a), float(b), float(c)) for a, b, c in entry["place"])
    return Origin(entry["name"], (first, second))
