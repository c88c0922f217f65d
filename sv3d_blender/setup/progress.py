"""How far a set-up is: its step, bytes fetched, time left."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from ...sv3d_engine.shared.pace import Pace

_INSTALL_BYTES_A_SECOND = 8e6  # of wheels, unpacked; measured on two processor cores
_PROBE_SECONDS = 20.0  # the first start of the engine's packages
_SETTLED = 2.0  # seconds before a speed is believed


@dataclass(frozen=True)
class Progress:
    """One moment of a set-up."""

    step: str = "Looking at what is there"
    done: int = 0  # bytes downloaded
    total: int = 0  # bytes to download, about
    fraction: float = 0.0  # of the whole, never falling
    seconds_left: float | None = None


class Meter:
    """Makes one steady figure of the steps: bytes fetched, packages installed, the trial at the end."""

    def __init__(self, report: Callable[[Progress], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._report, self._clock = report, clock
        self._now = Progress()
        self._pace = Pace(settled=_SETTLED, clock=clock)
        self._install = 0.0  # seconds the installation is thought to take
        self._install_begun: float | None = None

    def plan(self, done: int, total: int, install_bytes: int) -> None:
        """Before the download: bytes that are there, bytes of all, and of those to install."""
        self._pace = Pace(settled=_SETTLED, clock=self._clock)  # the average: between two packages nothing comes
        self._pace.seconds_left(done, total)
        self._install = install_bytes / _INSTALL_BYTES_A_SECOND + _PROBE_SECONDS
        self._now = replace(self._now, done=done, total=max(done, total))

    def step(self, text: str) -> None:
        self._now = replace(self._now, step=text)
        self._report(self._now)

    def fetched(self, done: int, total: int) -> None:
        """So many bytes have come; a better guess of the total may come with them."""
        left = self._pace.seconds_left(done, total)
        left = None if left is None else left + self._install
        share = 0.8 * done / total if total else 0.0
        self._set(replace(self._now, done=done, total=total, seconds_left=left), share)

    def installed(self, share: float) -> None:
        """So much of the installation is done, from 0 to 1."""
        now = self._clock()
        self._install_begun = now if self._install_begun is None else self._install_begun
        left = self._install - (now - self._install_begun)
        # Where it takes longer than thought nothing is told: by the packages' share no pace can be measured.
        self._set(replace(self._now, seconds_left=left if left > 0 else None), 0.8 + 0.15 * share)

    def _set(self, now: Progress, fraction: float) -> None:
        self._now = replace(now, fraction=min(max(self._now.fraction, fraction), 1.0))
        self._report(self._now)
