"""How all tasks of a batch are, in one line, and how each ended."""

import threading
import time
from collections.abc import Callable, Sequence

from ..job.terminal import LiveLine, bar
from ..shared import protocol
from .making import FAILED, KEPT, WELL, Outcome
from .tasks import Task

_SILENCE = 5.0  # seconds; an earlier estimate would only jump about
_PLAIN = 60.0  # seconds between two lines where there is no terminal
_NAMED = 4  # running tasks that the line names


class Board:
    """Hears from tasks, from any thread, and shows them all on ``line``; ``save`` is called after every end."""

    def __init__(
        self,
        tasks: Sequence[Task],
        line: LiveLine,
        save: Callable[[Sequence[Outcome]], None] = lambda outcomes: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.outcomes: dict[str, Outcome] = {}  # by name
        self._names = [task.name for task in tasks]
        self._line, self._save, self._clock = line, save, clock
        self._lock = threading.Lock()
        self._fractions: dict[str, float] = {}  # of the running ones
        self._began = clock()
        self._ahead = 0.0  # tasks' worth that was there before
        self._shown = self._began

    def hear(self, message: protocol.Reply) -> None:
        """What a running task says."""
        if isinstance(message, protocol.Stage):
            self.at(message.job, message.job_fraction)

    def at(self, name: str, fraction: float) -> None:
        """A running task has come so far, in [0, 1]."""
        with self._lock:
            if name not in self._fractions:
                self._ahead += fraction  # what an earlier run had finished of it
            self._fractions[name] = fraction

    def ended(self, outcome: Outcome) -> None:
        """A task has ended; called once for each, by one thread."""
        with self._lock:
            self._fractions.pop(outcome.name, None)
            self.outcomes[outcome.name] = outcome
            self._ahead += outcome.state == KEPT
        about = outcome.card or (f"{outcome.cause} {outcome.remedy}" if outcome.state == FAILED else "")
        self._line.write(f"{outcome.name}: {outcome.state}{f' – {about}' if about else ''}")
        self._save(self.in_order())

    def tell(self, text: str) -> None:
        """A line that stays."""
        self._line.write(text)

    def in_order(self) -> list[Outcome]:
        """Of the ended tasks, in the order in which they were asked for."""
        return [self.outcomes[name] for name in self._names if name in self.outcomes]

    def show(self) -> None:
        """The line as it is now; where there is no terminal, once a minute."""
        if self._line.live:
            self._line.show(self.line())
        elif self._clock() - self._shown >= _PLAIN:
            self._shown = self._clock()
            self._line.write(self.line())

    def line(self) -> str:
        """Share and time left of all, how many are done, and how far those at work are."""
        with self._lock:
            total, ended = len(self._names), list(self.outcomes.values())
            at_work = dict(self._fractions)
        done = len(ended) + sum(at_work.values())
        fraction = done / total if total else 1.0
        passed, made = self._clock() - self._began, done - self._ahead
        left = passed * (total - done) / made if passed > _SILENCE and made > 0 else None
        well = sum(outcome.state in WELL for outcome in ended)
        lost = f", {len(ended) - well} failed" if len(ended) > well else ""
        named = [f"{name} {share:.0%}" for name, share in list(at_work.items())[:_NAMED]]
        more = [f"{len(at_work) - _NAMED} more"] if len(at_work) > _NAMED else []
        return "; ".join([f"{bar(fraction, left)}  {well} of {total} done{lost}", *named, *more])
