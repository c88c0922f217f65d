"""How far a download is, how long it still takes, and whether there is room for it."""

import hashlib
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..shared.errors import UserError
from ..shared.pace import Pace

_WINDOW = 10.0  # seconds whose pace tells how long the rest takes
_SILENCE = 1.0  # seconds; an earlier estimate would only jump about
_SPARE = 100_000_000  # bytes that stay free on the disk
_CHUNK = 1 << 20  # bytes


@dataclass(frozen=True)
class Transfer:
    """How far a download is, in bytes."""

    done: int
    total: int
    note: str  # what is done, for the artist
    seconds_left: float | None  # None until it can be told

    @property
    def fraction(self) -> float:
        """The share that is done, in [0, 1]."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


Tell = Callable[[Transfer], None]  # is called often and may raise to stop


@dataclass(frozen=True)
class Fetched:
    """A file that has come whole; whether it is the right one is still to be checked."""

    path: Path
    sha256: str
    announced: str | None = None  # the SHA-256 that its server names


class Meter:
    """Tells of bytes as they come, with the time left by the pace of the last seconds."""

    def __init__(self, total: int, note: str, tell: Tell, clock: Callable[[], float] = time.monotonic) -> None:
        self._total, self._note, self._tell = total, note, tell
        self._pace = Pace(_WINDOW, _SILENCE, clock)

    def __call__(self, done: int) -> None:
        """So many bytes of the whole are there.  Raises whatever ``tell`` raises."""
        self._tell(Transfer(done, self._total, self._note, self._pace.seconds_left(done, self._total)))


def sha256_of(path: Path, tell: Tell) -> str:
    """The SHA-256 of a file, in hexadecimal digits.  Raises OSError, and whatever ``tell`` raises."""
    digest, done = hashlib.sha256(), 0
    meter = Meter(path.stat().st_size, f"Checking {path.name}", tell)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            meter(done)
    return digest.hexdigest()


def check_room(folder: Path, needed: int) -> None:
    """Raises UserError if the disk of ``folder``, which exists, has not that many bytes free and some to spare."""
    free = shutil.disk_usage(folder).free
    if free < needed + _SPARE:
        raise UserError(
            f"The disk is too full: {size_text(needed + _SPARE)} are needed, {size_text(free)} are free.",
            f"Free some space on the disk of {folder}, or choose another folder for models and engine.",
        )


def size_text(count: int) -> str:
    """Bytes as one would say them: "4.6 MB", "176 MB", "9.4 GB"."""
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.1f} MB" if count < 1e7 else f"{count / 1e6:.0f} MB"
