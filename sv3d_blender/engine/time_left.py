"""The time left as it is shown: it only falls, whatever the estimates do, and says so where they are far longer."""

_SETTLING = 8.0  # seconds in which a shorter estimate is caught up with, for the most part
_HOLD = 0.8  # of the estimate: what is shown stands still while it is less than this share
_FAR = 2.0  # what is shown says too little while the estimate is so many times as long,
_MANY = 10.0  # and longer by so many seconds
_SILENT = 1 / 3  # of an estimate: so little remains of it by itself, without another


def steady(shown: float | None, told: float | None, elapsed: float) -> float | None:
    """Seconds left to show, ``elapsed`` seconds after ``shown``, now that ``told`` is the latest estimate.

    It never rises.  While the estimate is much longer it stands still, while it is a little longer it falls more
    slowly, so that both reach zero together; a shorter one is approached.  None while nothing is known.
    """
    if shown is None or told is None:
        return told if shown is None else max(shown - elapsed, 0.0)
    plain = max(shown - elapsed, 0.0)
    if told < plain:
        return plain - (plain - told) * min(elapsed / _SETTLING, 1.0)
    share = plain / told if told > 0 else 1.0
    return shown - min(elapsed, shown) * max(share - _HOLD, 0.0) / (1 - _HOLD)


def start_fraction(elapsed: float, expected: float) -> float:
    """How far a start is that takes about ``expected`` seconds: it slows down towards the end, and is never done."""
    share = elapsed / max(expected, 0.1)
    return 0.9 * share if share < 1 else 1.0 - 0.1 / share


class Countdown:
    """The seconds left of one job, from the estimates that come now and then.  ``now`` is any clock in seconds."""

    def __init__(self, expected: float | None, now: float) -> None:
        """``expected`` is what the job takes in all, where that is known before it starts."""
        self.shown = self._told = expected
        self.is_late = False  # what is shown would say far too little
        self._told_at = self._shown_at = now

    def tell(self, seconds: float | None, now: float) -> None:
        """Take in an estimate; None leaves the one before."""
        if seconds is not None:
            self._told, self._told_at = seconds, now

    def turn(self, now: float) -> None:
        """Let the time pass."""
        if self._told is None:
            left = told = None
        else:
            left = self._told - (now - self._told_at)
            told = max(left, _SILENT * self._told)
        self.shown, self._shown_at = steady(self.shown, told, now - self._shown_at), now
        if left is not None and told is not None and self.shown is not None:
            self.is_late = told > max(_FAR * self.shown, self.shown + _MANY) or told > left + _MANY
