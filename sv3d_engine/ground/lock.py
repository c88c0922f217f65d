"""One job at a time in a folder, and one at a time on a graphics card."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..shared.errors import UserError
from ..shared.file_lock import held
from ..shared.job_files import LOCK
from ..shared.user_folders import user_folder
from .progress import Progress

WAITING = "Waiting for another job on this graphics card"
_POLL = 0.2  # seconds
_REFUSALS = 10  # of the file's, in a row; Windows refuses one that is being removed, until nobody has it open


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from working in ``folder``.  Raises UserError if one does."""
    with held(folder / LOCK) as ours:
        if not ours:
            raise UserError(
                f"Another job is at work in the output folder {folder}.",
                "Wait for it to end, or choose another output folder.",
            )
        yield


@contextmanager
def card_locked(card: str, progress: Progress) -> Iterator[None]:
    """Have a graphics card (``device.card_key``; "" is none) for oneself, after those who have it now.

    Two jobs on one card would fail for want of memory.  Raises Cancelled while it waits; the stage's time begins
    after that.
    """
    with ExitStack() as lock:
        if card:
            _wait_for(user_folder("cache") / f"{card}.lock", lock, progress)
        progress.restarted()
        yield


def _wait_for(path: Path, lock: ExitStack, progress: Progress) -> None:
    """Enter the lock on ``path``.  Where the folder cannot be written, nobody is kept out."""
    refused = 0
    while refused < _REFUSALS:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if lock.enter_context(held(path)):
                return
            refused = 0
        except PermissionError:
            refused += 1
        except OSError:
            return
        lock.close()
        progress(0.0, WAITING)
        time.sleep(_POLL)
