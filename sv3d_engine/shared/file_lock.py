"""A file that one process at a time holds.  Standard library only.

The system takes a lock back when its process ends, however it ends; that the file is there means nothing.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Whether the lock on ``path`` is ours while the context is open.  Raises OSError where no file can be made."""
    ours = False
    try:
        with path.open("ab") as stream:
            ours = _lock(stream)
            try:
                yield ours
            finally:
                if ours and sys.platform != "win32":
                    path.unlink(missing_ok=True)  # while it is ours: a moment later it may be another's
    finally:
        if ours and sys.platform == "win32":  # no open file can be removed there, ours or another's
            with suppress(OSError):
                path.unlink()


def is_held(path: Path) -> bool:
    """Whether a process, perhaps this one, holds the lock on ``path``; makes no file, and leaves one there as it is.

    To ask is to take it for a moment: whoever wants it in just that moment is refused.
    """
    try:
        with path.open("r+b") as stream:
            return not _lock(stream) and os.fstat(stream.fileno()).st_nlink > 0
    except PermissionError:  # Windows: it is being removed, or somebody else's to write
        return True
    except OSError:
        return False


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
