"""Moves jobs to another results folder so that nothing can be lost; needs no Blender.

On one disk a job is renamed.  To another disk it is copied, compared byte by byte, and only then deleted.
"""

import filecmp
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from ...sv3d_engine.shared.file_lock import is_held
from ...sv3d_engine.shared.job_files import LOCK
from ..results_folder import SOURCE, is_job_name
from .cleaning import GOING
from .jobs import is_job

COMING = ".sv3d-coming-"  # begins the name of a copy that is not whole yet
NOTE = "Results have moved.txt"


@dataclass
class Move:
    """What became of the jobs of one folder."""

    moved: dict[str, str] = field(default_factory=dict)  # old path → new
    stayed: dict[str, str] = field(default_factory=dict)  # path → why


def move_jobs(old: Path, new: Path, tell: Callable[[dict[str, str]], None] = lambda moved: None) -> Move:
    """Move all jobs of folder ``old`` to ``new``; one that cannot be moved stays as it is.

    ``tell`` hears of each one as soon as it has moved.
    """
    move = Move()
    if not old.is_dir() or old.is_symlink():
        return move
    for left in new.glob(COMING + "*") if new.is_dir() else ():  # of a move that was broken off
        shutil.rmtree(left, ignore_errors=True)
    for folder in sorted(p for p in old.iterdir() if p.is_dir() and not p.is_symlink()):
        if folder.name.startswith("."):
            continue
        if is_held(folder / LOCK):
            move.stayed[str(folder)] = "A job is at work in it."
            continue
        if not is_job(folder):
            continue
        try:
            new.mkdir(parents=True, exist_ok=True)
            moved = {str(folder): str(_move(folder, new))}
        except (OSError, shutil.Error) as error:
            move.stayed[str(folder)] = str(error)
            continue
        move.moved |= moved
        with suppress(OSError):  # the index alone is lacking then
            tell(moved)
        _bring_copies(folder, Path(moved[str(folder)]))
    if move.moved:
        with suppress(OSError):
            old.joinpath(NOTE).write_text(f"SV3D's results are now in\n{new}\n", encoding="utf-8")
    return move


def _move(folder: Path, parent: Path) -> Path:
    """Move one folder into ``parent``, under its own name if that is free.  Raises OSError, and then it stays."""
    target, count = parent / folder.name, 1
    while os.path.lexists(target):
        count += 1
        target = parent / f"{folder.name}-{count}"
    try:
        folder.rename(target)
    except OSError:  # another disk, most often
        _copy(folder, target)
    return target


def _copy(folder: Path, target: Path) -> None:
    coming = target.with_name(COMING + uuid4().hex)
    try:
        shutil.copytree(folder, coming, symlinks=True, copy_function=_copy_durably)
        if differing := _difference(folder, coming):
            raise OSError(f"The copy of {differing} differs.")
        going = folder.with_name(GOING + uuid4().hex)
        coming.rename(target)
        try:
            folder.rename(going)  # from here on it is a job no more
        except OSError:  # Windows, while somebody looks into it
            target.rename(coming)
            raise
    finally:
        shutil.rmtree(coming, ignore_errors=True)
    shutil.rmtree(going, ignore_errors=True)  # what stays goes at the next start


def _copy_durably(source: str, target: str) -> str:
    shutil.copy2(source, target)
    with Path(target).open("rb+") as stream:  # on the disk before the original goes
        os.fsync(stream.fileno())
    return target


def _difference(one: Path, other: Path) -> str:
    """The first file in which two folders differ; empty if none."""
    filecmp.clear_cache()
    names = sorted(p.relative_to(one) for p in one.rglob("*"))
    if names != sorted(p.relative_to(other) for p in other.rglob("*")):
        return str(one)
    for name in names:
        file = one / name
        if not file.is_symlink() and file.is_file() and not filecmp.cmp(file, other / name, shallow=False):
            return str(file)
    return ""


def _bring_copies(old: Path, new: Path) -> None:
    """What an older version kept beside a job's folder goes into it."""
    if not is_job_name(old.name):
        return
    for copy in old.parent.glob(f"{old.name}.*"):
        target = new / (SOURCE + copy.name[len(old.name) :])
        with suppress(OSError):
            if copy.is_file() and not target.exists():
                shutil.move(copy, target)
