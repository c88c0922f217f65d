"""What may go: intermediate files, a job that is deleted, and what refused jobs left; needs no Blender."""

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.file_lock import held, is_held
from ...sv3d_engine.shared.job_files import LOCK, REPORT, SCRATCH, STATE, WORK
from ..generate.source import SUFFIXES
from ..result.provenance import DELIVERY
from ..results_folder import SOURCE, is_job_name
from .jobs import FAILURE, is_job, size_of
from .own_files import foreign_files, remove_own_files

GOING = ".sv3d-deleted-"  # begins the name of a folder that is being deleted
YOUNG = 7 * 86400.0  # seconds in which what looks like remains may be a job that waits in another Blender's queue
LOG_DAYS = 14.0

_COPIES = frozenset({f"{SOURCE}{suffix}" for suffix in (*SUFFIXES, ".cameras.json", ".origin.json")})
_REMAINS = _COPIES | {DELIVERY, f".{DELIVERY}.part", FAILURE, LOCK, SCRATCH, WORK}


def clean_up(folder: Path) -> int:
    """Drop what only a resumed job needs from a job that is done; the bytes that are free now.

    Raises UserError while the job is at work, OSError where something cannot be deleted.
    """
    with held(folder / LOCK) as ours:
        if not ours:
            raise _at_work(folder)
        if not (folder / REPORT).is_file():  # it may be resumed
            return 0
        before = size_of(folder)
        for name in (WORK, SCRATCH):
            if (folder / name).is_dir() and not (folder / name).is_symlink():
                remove_own_files(folder, name)
        return before - size_of(folder)


def delete(folder: Path) -> int:
    """Delete a job with all that SV3D has made for it; the bytes that are free now.

    What else lies in its folder stays, and the folder with it.  Raises UserError while it is at work or where the
    folder is no job's, OSError where it cannot be deleted.
    """
    if folder.is_symlink() or not is_job(folder):
        raise UserError("This folder is not one that SV3D has made.", "Delete it with the system's own files window.")
    if is_held(folder / LOCK):
        raise _at_work(folder)
    freed = size_of(folder)
    if foreign_files(folder):
        remove_own_files(folder)
        return freed - size_of(folder)
    going = folder.with_name(GOING + uuid4().hex)
    folder.rename(going)  # in one step: a half-deleted job would look like a damaged one
    shutil.rmtree(going, ignore_errors=True)  # what stays goes at the next start
    return freed


def remove_remains(parent: Path, now: float) -> int:
    """Remove from a results folder what jobs that never began have left; how many things went.

    Only what the add-on has made, and that a week ago or more (``now`` in seconds since the epoch).
    """
    gone = 0
    with suppress(OSError), os.scandir(parent) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            path = parent / entry.name
            with suppress(OSError):
                if entry.is_symlink() or now - entry.stat(follow_symlinks=False).st_mtime < YOUNG:
                    continue
                if entry.is_dir():
                    gone += _remove_folder(path)
                elif _is_orphan(path):
                    path.unlink()
                    gone += 1
    return gone


def remove_old_logs(folder: Path, now: float) -> None:
    """Remove the logs of engines of long ago."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            # Another Blender's is written now and then, and Windows does not delete what is open.
            with suppress(OSError):
                if (
                    re.fullmatch(r"engine(-\d+-\w+)?\.log(\.old)?", entry.name)
                    and now - entry.stat().st_mtime > LOG_DAYS * 86400
                ):
                    Path(entry.path).unlink()


def _remove_folder(path: Path) -> bool:
    if path.name.startswith(GOING):
        shutil.rmtree(path, ignore_errors=True)
        return not path.exists()
    if not is_job_name(path.name) or is_job(path) or is_held(path / LOCK) or (path / STATE).exists():
        return False
    if {p.name for p in path.iterdir()} - _REMAINS:
        return False
    shutil.rmtree(path)
    return True


def _is_orphan(path: Path) -> bool:
    """Whether a file is a copy that an older version kept beside a job's folder, and that folder is gone."""
    stem, _, ending = path.name.partition(".")
    known = f".{ending}" in SUFFIXES or ending == "cameras.json"
    return known and is_job_name(stem) and not path.with_name(stem).exists()


def _at_work(folder: Path) -> UserError:
    return UserError("A job is at work in this folder.", "Wait for it to end, or cancel it.", str(folder))
