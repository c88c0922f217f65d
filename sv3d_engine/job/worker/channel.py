"""A process's own stdin and stdout, kept for messages alone, and the log for everything else."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ...shared import protocol
from ...shared.user_folders import user_folder


class Channel:
    """Messages out through what was file descriptor 1; anything else that is printed goes to the log."""

    def __init__(self, log: Path | None) -> None:
        """Take over stdin, stdout and stderr; ``log`` None sends stray output to what was stderr."""
        self._out: BinaryIO = os.fdopen(os.dup(1), "wb", buffering=0)
        self._in: BinaryIO = os.fdopen(os.dup(0), "rb")
        self._lock = threading.Lock()
        sys.stdout.flush()
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("ab") as stream:
                os.dup2(stream.fileno(), 2)
        os.dup2(2, 1)  # also what C libraries and child processes print
        with Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)  # nobody else reads our requests
        sys.stdout = sys.stderr

    def send(self, message: protocol.Request | protocol.Reply) -> None:
        """Write one line; a reader that has gone is noticed by the end of stdin, not here."""
        self.send_line(protocol.encode(message))

    def send_line(self, line: str) -> None:
        data = line.encode("ascii") + b"\n"
        with self._lock:
            try:
                while data:
                    data = data[self._out.write(data) :]
            except (BrokenPipeError, OSError):
                data = b""

    def lines(self) -> Iterator[str]:
        """Lines of stdin until its end; bytes that are no text come out as �, for the decoder to refuse."""
        for line in self._in:
            if text := line.decode("utf-8", "replace").strip():
                yield text


_LONGEST = 5 << 20  # bytes


def default_log() -> Path:
    """``engine.log`` in the place this system has for such files."""
    return user_folder("log") / "engine.log"


def trim(log: Path) -> None:
    """Put a log that has grown long aside, so that there are never more than two of that length."""
    if log.exists() and log.stat().st_size > _LONGEST:
        log.replace(log.with_name(log.name + ".old"))
