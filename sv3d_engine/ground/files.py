"""Files and folders that are whole or not there, whatever happens while they are written."""

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..shared.errors import UserError, out_of_memory
from ..shared.system_errors import system_number

PARTIAL = ".part"  # ends the name of what is not whole yet
_NO_FSYNC = (errno.EINVAL, errno.ENOTSUP)  # of file systems that have none


@contextmanager
def whole_file(path: Path, durable: bool = True) -> Iterator[Path]:
    """Where to write a file that then takes the place of ``path`` in one step; if that fails, ``path`` stays as it was.

    Its bytes are on the disk before it has its name.  ``durable=False`` leaves that to the system, which is enough
    for a preview: after a power cut it may be empty.
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        yield partial
        if durable:
            flush(partial)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """An empty folder for files, which then takes the place of ``path`` and all that was in it."""
    partial = path.with_name(path.name + PARTIAL)
    shutil.rmtree(partial, ignore_errors=True)  # of a run that was killed
    partial.mkdir()
    try:
        yield partial
        for file in partial.iterdir():
            flush(file)
        shutil.rmtree(path, ignore_errors=True)
        partial.replace(path)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def flush(path: Path) -> None:
    """Put a file's bytes, or a folder's entries, on the disk before anything that is written next.

    Where that cannot be asked for, it is left to the system.  Raises OSError when the disk fails.
    """
    folder = path.is_dir()
    if folder and os.name == "nt":  # opens no folders
        return
    try:
        handle = os.open(path, os.O_RDONLY if folder else os.O_RDWR)  # Windows flushes only what may be written
    except PermissionError:  # a virus scanner holds the file, or the folder may not be read
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if not folder and error.errno not in _NO_FSYNC:  # network drives refuse folders in many ways
            raise
    finally:
        os.close(handle)


def write_json(path: Path, data: Any) -> None:
    """Replace ``path`` in one step, so that a reader or a crash never meets half a file."""
    with whole_file(path) as partial:
        partial.write_text(json.dumps(data, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def copy_whole(source: Path, target: Path) -> None:
    """Copy a preview over ``target`` in one step; if that fails, ``target`` stays as it was."""
    with whole_file(target, durable=False) as partial:
        shutil.copyfile(source, partial)


class Damaged(UserError):
    """A file that is not what the engine wrote; the job whose file it is removes it, to make it again."""

    def __init__(self, path: Path, error: Exception) -> None:
        super().__init__(
            f"{path.name} of this job is missing or damaged.", "Resume the job: it is made again.", f"{path}: {error!r}"
        )
        self.path = path


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever is wrong with a file that the engine wrote itself comes out as Damaged.

    What the system says of its disk, and want of memory, come out as they are.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # of a dozen formats
        if out_of_memory(error) or system_number(error) not in (None, errno.ENOENT, errno.ENOTDIR):
            raise
        raise Damaged(path, error) from error
