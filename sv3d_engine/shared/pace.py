"""How long the rest takes, by the pace of what has come.  Standard library only."""

import math
import time
from collections import deque
from collections.abc import Callable

_STEP = 0.1  # seconds between two measurements


class Pace:
    """Measures a number that grows, such as bytes that have come."""

    def __init__(
        self, window: float = math.inf, settled: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``window``: the last seconds whose pace counts; ``settled``: seconds before a pace is believed."""
        self._window, self._settled, self._clock = window, settled, clock
        self._seen: deque[tuple[float, int]] = deque()

    def seconds_left(self, done: int, total: int) -> float | None:
        """So much is done now; how long the rest takes, None until that can be told."""
        now = self._clock()
        if not self._seen or now - self._seen[-1][0] >= _STEP:
            self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > self._window:
            self._seen.popleft()
        began, first = self._seen[0]
        if now - began < self._settled or done <= first:
            return None
        return max(total - done, 0) * (now - began) / (done - first)
