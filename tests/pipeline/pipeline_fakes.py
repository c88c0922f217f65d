"""Stages that take no time, to test the order of things without PyTorch."""

from collections.abc import Callable
from pathlib import Path

from sv3d_engine import protocol
from sv3d_engine.pipeline.job import Job
from sv3d_engine.pipeline.stages import Facts, Stage
from sv3d_engine.progress import Progress

SECONDS = dict.fromkeys(protocol.PRESETS, 1.0)
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
    return Stage(name, f"Doing {name}", SECONDS, run)


def make_source(folder: Path, count: int = 3) -> Path:
    """A folder with files that stand for frames."""
    folder.mkdir(parents=True)
    for i in range(count):
        folder.joinpath(f"{i:03d}.png").write_bytes(bytes([i]) * 10)
    return folder
