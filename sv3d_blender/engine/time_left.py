"""The time left as it is shown: it falls steadily, whatever the estimates do."""

_SETTLING = 8.0  # seconds in which a shorter estimate is caught up with, for the most part


def steady(shown: float | None, told: float | None, elapsed: float) -> float | None:
    """Seconds left to show, ``elapsed`` seconds after ``shown``, now that ``told`` is the latest estimate.

    It never rises.  A longer estimate makes it fall more slowly, so that both reach zero together; a shorter one is
    approached.  None while nothing is known.
    """
    if shown is None or told is None:
        return told if shown is None else max(shown - elapsed, 0.0)
    plain = max(shown - elapsed, 0.0)
    if told >= plain:
        return shown - elapsed * shown / (told + elapsed) if told > 0 else plain
    return plain - (plain - told) * min(elapsed / _SETTLING, 1.0)


def start_fraction(elapsed: float, expected: float) -> float:
    """How far a start is that takes about ``expected`` seconds: it slows down towards the end, and is never done."""
    share = elapsed / max(expected, 0.1)
    return 0.9 * share if share < 1 else 1.0 - 0.1 / share


class Countdown:
    """The seconds left of one job, from the estimates that come now and then.  ``now`` is any clock in seconds."""

    def __init__(self, expected: float | None, now: float) -> None:
        """``expected`` is what the job takes in all, where that is known before it starts."""
        self.shown = self._told = expected
        self._told_at = self._shown_at = now

    def tell(self, seconds: float | None, now: float) -> None:
        """Take in an estimate; None leaves the one before."""
        if seconds is not None:
            self._told, self._told_at = seconds, now

    def turn(self, now: float) -> None:
        """Let the time pass."""
        told = None if self._told is None else max(self._told - (now - self._told_at), 0.0)
        self.shown, self._shown_at = steady(self.shown, told, now - self._shown_at), now
