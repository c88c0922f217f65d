"""Stages that take no time, to test the order of things without PyTorch."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from sv3d_engine.ground.progress import Progress
from sv3d_engine.job.job import Facts, Job, Stage
from sv3d_engine.job.stages import MESH_STAGES, ORBIT_STAGES

INPUTS = {stage.name: stage.inputs for stage in (*ORBIT_STAGES, *MESH_STAGES)}
Run = Callable[[Job, Path, Progress], Facts]


def writes(name: str, text: str = "whole", facts: Facts | None = None) -> Run:
    """A stage that writes one file."""

    def run(job: Job, out: Path, progress: Progress) -> Facts:
        file = out / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        progress(0.5, "half-way")
        return facts or {}

    return run


def raises(error: BaseException) -> Run:
    """A stage that writes half a file and fails."""

    def run(job: Job, out: Path, progress: Progress) -> Facts:
        (out / "half").write_text("half")
        raise error

    return run


def stage(name: str, run: Run) -> Stage:
    """A stage that depends on what the real one of this name does."""
    return Stage(name, f"Doing {name}", lambda job: 1.0, run, INPUTS[name])


def make_source(folder: Path, count: int = 3) -> Path:
    """A folder with files that stand for frames."""
    folder.mkdir(parents=True)
    for i in range(count):
        folder.joinpath(f"{i:03d}.png").write_bytes(bytes([i]) * 10)
    return folder


def make_picture(file: Path, width: int = 120, height: int = 80) -> Path:
    """An orange ellipse, nothing round it."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    picture = np.zeros((height, width, 4), np.uint8)
    picture[x**2 + y**2 < 0.5] = (200, 90, 30, 255)
    Image.fromarray(picture).save(file)
    return file


def tree(folder: Path) -> set[str]:
    """All files, by path relative to the folder."""
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def outcome(out: Path) -> tuple[dict[str, str], list[tuple[str, dict[str, int]]], list[str]]:
    """All files with their contents, but for what tells the time."""
    files = {p.relative_to(out).as_posix(): p.read_text() for p in out.rglob("*") if p.is_file()}
    state, report = (json.loads(files.pop(name)) for name in ("work/state.json", "report.json"))
    files.pop("job.json")
    return files, [(r["name"], r["files"]) for r in state["records"]], list(report["stages"])
