"""Files that are whole or not there."""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

PARTIAL = ".part"  # ends the name of a file that is not whole yet


def write_json(path: Path, data: Any) -> None:
    """Replace ``path`` in one step, so that a reader or a crash never meets half a file."""
    partial = path.with_name(path.name + PARTIAL)
    with partial.open("w", encoding="utf-8") as stream:
        json.dump(data, stream, indent=1, allow_nan=False)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)


def sync(path: Path) -> None:
    """Put a file or folder, and its entry in the folder round it, on the disk before anything that is written next."""
    if path.is_dir():
        _sync_folder(path)
    else:
        with path.open("r+b") as stream:  # Windows flushes only what may be written
            os.fsync(stream.fileno())
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # opens no folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network drives refuse it
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file over ``target`` in one step; if that fails, ``target`` stays as it was."""
    partial = target.with_name(target.name + PARTIAL)
    try:
        shutil.copyfile(source, partial)
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def inside(folder: Path, relative: str) -> Path | None:
    """``folder / relative`` if that is inside ``folder`` also after following links, else None."""
    try:
        path = (folder / relative).resolve()
    except (OSError, ValueError, RuntimeError):
        return None
    return path if folder.resolve() in path.parents else None
