"""A process's own stdin and stdout, kept for messages alone, and the log for everything else."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
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


LONGEST = 5 << 20  # bytes
INTERVAL = 10.0  # seconds between looks at its length


def default_log() -> Path:
    """``engine.log`` in the place this system has for such files."""
    return user_folder("log") / "engine.log"


def watch_log(log: Path) -> None:
    """Keep the log that file descriptor 2 writes short, from now until this process ends."""
    trim(log, 2)

    def watch() -> None:
        while True:
            time.sleep(INTERVAL)
            trim(log, 2)

    threading.Thread(target=watch, name="log", daemon=True).start()


def trim(log: Path, writing: int) -> None:
    """Once a log has grown long, put its last part aside and empty it: there are never more than two of that length.

    It is emptied in place, through the descriptor that is ``writing`` it: a runner writes it, too, and Windows renames
    no open file.  What is written between the copy and the emptying is lost.
    """
    length = os.fstat(writing).st_size
    if length <= LONGEST:
        return
    with suppress(OSError), log.open("rb") as stream:  # a full disk is one more reason to empty it
        stream.seek(length - LONGEST)
        log.with_name(log.name + ".old").write_bytes(stream.read())
    os.ftruncate(writing, 0)
    os.lseek(writing, 0, os.SEEK_SET)  # on Windows the runner shares this position and does not append by itself
