"""One job at a time in a folder, one at a time on a graphics card, one download at a time of a file."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..shared.errors import UserError
from ..shared.file_lock import held
from ..shared.job_files import LOCK
from ..shared.user_folders import user_folder
from .progress import Progress

WAITING = "Waiting for another job on this graphics card"
PATIENCE = 3.0  # seconds; a process that was killed may take so long to go, and to let go of its folder
_POLL = 0.2  # seconds
_REFUSALS = 10  # of the file's, in a row; Windows refuses one that is being removed, until nobody has it open


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from working in ``folder``.  Raises UserError if one does, and goes on doing so."""
    end = time.monotonic() + PATIENCE
    while True:
        with held(folder / LOCK) as ours:
            if ours:
                yield
                return
        if time.monotonic() >= end:
            raise UserError(
                f"Another job is at work in the folder {folder}, perhaps of another Blender.",
                "Wait for it to end or cancel it there, then resume this one.",
            )
        time.sleep(_POLL)


@contextmanager
def card_locked(card: str, progress: Progress) -> Iterator[None]:
    """Have a graphics card (``device.card_key``; "" is none) for oneself, after those who have it now.

    Two jobs on one card would fail for want of memory.  Raises Cancelled while it waits; the stage's time begins
    after that.
    """
    with ExitStack() as lock:
        if card:
            lock.enter_context(in_turn(user_folder("cache") / f"{card}.lock", lambda: progress(0.0, WAITING)))
        progress.restarted()
        yield


@contextmanager
def in_turn(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock on the file ``path`` after those who have it now; ``waiting`` is called often and may raise."""
    with ExitStack() as lock:
        _wait_for(path, lock, waiting)
        yield


def _wait_for(path: Path, lock: ExitStack, waiting: Callable[[], None]) -> None:
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
        waiting()
        time.sleep(_POLL)
