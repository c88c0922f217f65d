"""How much of a job is done and how long the rest will take."""

from collections.abc import Sequence

_BELIEF = 5.0  # seconds of measurement after which this machine's pace outweighs the expected one
_SILENCE = 4.0  # seconds; an earlier estimate would only tell how long libraries take to load
_HOLD = 0.8  # of the estimate: what is shown stands still while it is less than this share
_FASTEST = 4.0  # seconds a second, by which what is shown falls while it is more than the estimate


class Clock:
    """Time left, from the seconds each stage is expected to take and the pace measured so far.

    The estimate follows the machine's load up and down; what is shown only falls.  It stands still while the estimate
    is much higher, and falls faster while that is lower, so that the two meet well before the end.
    """

    def __init__(self, expected: Sequence[float], now: float) -> None:
        """``expected`` holds one positive number a stage, seconds on a common machine; ``now`` in seconds."""
        self._expected = tuple(expected)
        self._stage, self._fraction = 0, 0.0
        self._began = self._stage_began = now
        self._skipped = 0.0
        self._shown: float | None = None
        self._shown_at = now

    def skip(self, stage: int) -> None:
        """An earlier run has done this stage: it counts for the job's share, not for the pace."""
        self._skipped += self._expected[stage]

    def start(self, stage: int, now: float) -> None:
        self._stage, self._stage_began, self._fraction = stage, now, 0.0

    def restart(self, now: float) -> None:
        """The stage begins only now: what it took until now counts not for the pace.

        What is shown stands still meanwhile; it begins anew where work that was done is given up.
        """
        self._began += now - self._stage_began
        self._stage_began = self._shown_at = now
        if self._fraction > 0:
            self._shown = None

    def job_fraction(self, fraction: float) -> float:
        """Share of the whole job when ``fraction`` of the current stage is done, both in [0, 1]."""
        return self._done(fraction) / sum(self._expected)

    def seconds_left(self, fraction: float, now: float) -> float | None:
        """Of the whole job when ``fraction`` of the current stage is done; None while it cannot be told."""
        self._fraction = fraction
        if now - self._began < _SILENCE:
            return None
        pace = (now - self._began + _BELIEF) / (self._done(fraction) - self._skipped + _BELIEF)
        estimate = pace * (sum(self._expected) - self._done(fraction))
        if self._shown is None or estimate <= 0:
            self._shown = estimate
        else:
            since = now - self._shown_at
            self._shown = max(self._shown - since * _fall((self._shown - since) / estimate), 0.0)
        self._shown_at = now
        return self._shown

    def _done(self, fraction: float) -> float:
        return sum(self._expected[: self._stage]) + self._expected[self._stage] * fraction


def _fall(share: float) -> float:
    """Seconds a second by which to lower what is shown, when it is ``share`` of the estimate: 1 where both agree."""
    return min(share**3, _FASTEST) if share > 1 else max(share - _HOLD, 0.0) / (1 - _HOLD)
