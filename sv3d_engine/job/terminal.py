"""A job's progress on a terminal, or as plain lines in a file."""

import shutil
from typing import TextIO

from ..shared import protocol

_BAR = 24  # characters
_PLAIN_STEP = 0.1  # of a stage, between two lines where there is no terminal


class TerminalProgress:
    """Shows one line that keeps changing; where the stream is no terminal, a line now and then."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._open = False
        self._stage, self._next = "", 0.0

    def show(self, message: protocol.Stage | protocol.Preview) -> None:
        if isinstance(message, protocol.Preview):
            return
        if message.stage != self._stage:
            self.close()
            self._stage, self._next = message.stage, 0.0
        if self._live:
            line = progress_line(message)
            width = shutil.get_terminal_size().columns - 1
            self._stream.write("\r\x1b[K" + line[:width])
            self._open = True
        elif message.fraction >= self._next or message.fraction == 1.0:
            self._stream.write(progress_line(message) + "\n")
            self._next = message.fraction + _PLAIN_STEP
        self._stream.flush()

    def close(self) -> None:
        """Leave the changing line as it is and go on below it."""
        if self._open:
            self._stream.write("\n")
            self._open = False


def progress_line(message: protocol.Stage) -> str:
    """Bar and share of the whole job, time left, the stage and its own share."""
    filled = round(_BAR * message.job_fraction)
    bar = "#" * filled + "-" * (_BAR - filled)
    left = "" if message.seconds_left is None else f", {duration(message.seconds_left)} left"
    note = f" ({message.note})" if message.note else ""
    return f"[{bar}] {message.job_fraction:4.0%}{left}  {message.title} {message.fraction:.0%}{note}"


def duration(seconds: float) -> str:
    """Time as one would say it: "8 s", "2 min", "1 h 10 min"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
