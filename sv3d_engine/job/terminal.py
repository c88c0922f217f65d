"""A job's progress on a terminal, or as plain lines in a file."""

import shutil
from typing import TextIO

from ..shared import protocol

_BAR = 24  # characters
_PLAIN_STEP = 0.1  # of a stage, between two lines where there is no terminal


class LiveLine:
    """A line at the end of a terminal's text that keeps changing; ``live`` is whether the stream is a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.live = stream.isatty()
        self._stream = stream
        self._open = False

    def show(self, line: str) -> None:
        """Put this line in place of the last one."""
        self._stream.write("\r\x1b[K" + line[: shutil.get_terminal_size().columns - 1])
        self._open = True
        self._stream.flush()

    def write(self, line: str) -> None:
        """A line that stays, above the changing one."""
        self._stream.write(("\r\x1b[K" if self._open else "") + line + "\n")
        self._open = False
        self._stream.flush()

    def close(self) -> None:
        """Leave the changing line as it is and go on below it."""
        if self._open:
            self._stream.write("\n")
            self._open = False


class TerminalProgress:
    """Shows one line that keeps changing; where the stream is no terminal, a line now and then."""

    def __init__(self, stream: TextIO) -> None:
        self._line = LiveLine(stream)
        self._stage, self._next = "", 0.0
        self.told: set[str] = set()  # doubts, which need no second word

    def show(self, message: protocol.Stage | protocol.Preview) -> None:
        if isinstance(message, protocol.Preview):
            return
        if message.doubt:
            self.told.add(message.doubt)
            self._line.write(f"Note: {message.doubt}")
            return
        if message.stage != self._stage:
            self.close()
            self._stage, self._next = message.stage, 0.0
        if self._line.live:
            self._line.show(progress_line(message))
        elif message.fraction >= self._next or message.fraction == 1.0:
            self._line.write(progress_line(message))
            self._next = message.fraction + _PLAIN_STEP

    def close(self) -> None:
        """Leave the changing line as it is and go on below it."""
        self._line.close()


def progress_line(message: protocol.Stage) -> str:
    """Bar and share of the whole job, time left, the stage and its own share."""
    note = f" ({message.note})" if message.note else ""
    return f"{bar(message.job_fraction, message.seconds_left)}  {message.title} {message.fraction:.0%}{note}"


def bar(fraction: float, seconds_left: float | None) -> str:
    """How much is done, in [0, 1], drawn and in per cent, and the time left where it is known."""
    filled = round(_BAR * fraction)
    left = "" if seconds_left is None else f", {duration(seconds_left)} left"
    return f"[{'#' * filled}{'-' * (_BAR - filled)}] {fraction:4.0%}{left}"


def duration(seconds: float) -> str:
    """Time as one would say it: "8 s", "2 min", "1 h 10 min"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
