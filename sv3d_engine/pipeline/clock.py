"""How far a job is and how long it will still take."""

from collections.abc import Sequence

_BELIEF = 5.0  # seconds of measurement after which this machine's pace outweighs the expected one
_TELLING_SHARE = 0.2  # of a stage, after which its own rate alone tells its end
_SILENCE = 2.0  # seconds; an earlier estimate would only jump about


class Clock:
    """Time left, from the seconds each stage is expected to take and the pace measured so far."""

    def __init__(self, expected: Sequence[float], now: float) -> None:
        """``expected`` holds one positive number a stage, seconds on a common machine; ``now`` in seconds."""
        self._expected = tuple(expected)
        self._stage = 0
        self._began = self._stage_began = now
        self._skipped = 0.0

    def skip(self, stage: int) -> None:
        """An earlier run has done this stage: it counts for the job's share, not for the pace."""
        self._skipped += self._expected[stage]

    def start(self, stage: int, now: float) -> None:
        self._stage, self._stage_began = stage, now

    def job_fraction(self, fraction: float) -> float:
        """Share of the whole job when ``fraction`` of the current stage is done, both in [0, 1]."""
        return (sum(self._expected[: self._stage]) + self._expected[self._stage] * fraction) / sum(self._expected)

    def seconds_left(self, fraction: float, now: float) -> float | None:
        """Of the whole job when ``fraction`` of the current stage is done; None while it cannot be told."""
        if now - self._began < _SILENCE:
            return None
        expected = self._expected[self._stage]
        done = sum(self._expected[: self._stage]) - self._skipped + expected * fraction
        pace = (now - self._began + _BELIEF) / (done + _BELIEF)
        in_stage = expected * (1 - fraction) * pace
        if fraction > 0:
            measured = (now - self._stage_began) * (1 - fraction) / fraction
            trust = min(fraction / _TELLING_SHARE, 1.0)
            in_stage += trust * (measured - in_stage)
        return in_stage + pace * sum(self._expected[self._stage + 1 :])
