"""One job at a time in a folder."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ..shared.errors import UserError

_LOCK = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from working in ``folder``.  Raises UserError if one does.

    The system takes the lock back when the process ends, however it ends; that the file is there means nothing.
    """
    path = folder / _LOCK
    with path.open("ab") as stream:
        if not _lock(stream):
            raise UserError(
                f"Another job is at work in the output folder {folder}.",
                "Wait for it to end, or choose another output folder.",
            )
        try:
            yield
        finally:
            if sys.platform != "win32":
                path.unlink(missing_ok=True)  # while it is ours: a moment later it may be another's
    if sys.platform == "win32":  # no open file can be removed there, ours or another's
        with suppress(OSError):
            path.unlink()


def _lock(stream: IO[bytes]) -> bool:
    """Whether the file is ours now.  Where the disk knows no locks (some network drives), nobody is kept out."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return os.fstat(stream.fileno()).st_nlink > 0  # else its owner has just ended and removed it
