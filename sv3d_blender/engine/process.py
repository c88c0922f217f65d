"""The running engine: a child process whose pipes are served by threads, so that no caller ever waits for it."""

import contextlib
import os
import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ...sv3d_engine.shared import protocol

_TAIL_BYTES = 4000
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows only


@dataclass(frozen=True)
class Ended:
    """The last thing an engine says, said for it: it is gone."""

    exit_status: int | None  # None = it could not be started
    log_tail: str  # the end of what it wrote to stderr, or why it could not be started


Event = protocol.Reply | Ended


class EngineProcess:
    """One engine.  All methods return at once; what it answers is fetched with ``receive``."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Start ``command``; its stderr is added to ``log``, in whose folder, made if needed, it runs."""
        self._command, self._environment, self._log = list(command), dict(environment), log
        self._log_start = 0
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._requests: queue.SimpleQueue[protocol.Request | None] = queue.SimpleQueue()
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()  # guards _process and _killed between starting and killing
        self._killed = False
        threading.Thread(target=self._run, name="sv3d-engine-reader", daemon=True).start()

    @property
    def pid(self) -> int | None:
        """The process id, or None before the start."""
        return self._process.pid if self._process else None

    def send(self, request: protocol.Request) -> None:
        """Queue a request; it is written as soon as the engine reads."""
        self._requests.put(request)

    def receive(self) -> list[Event]:
        """Everything that has come since the last call; ``Ended`` comes once and last."""
        events = []
        with contextlib.suppress(queue.Empty):
            while True:
                events.append(self._events.get_nowait())
        return events

    def close(self) -> None:
        """Let the engine end by itself: its stdin is closed after the requests sent so far."""
        self._requests.put(None)

    def kill(self) -> None:
        """End the engine now, whatever it does."""
        with self._lock:
            self._killed = True
            if self._process and self._process.poll() is None:
                self._process.kill()
        self.close()

    def join(self, seconds: float) -> bool:
        """Wait until the engine is gone; for Blender's own end only.  True if it is."""
        process = self._process
        if process is None:
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        return process.poll() is not None

    # ---- the reader's thread ------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("ab") as log:
                self._log_start = log.tell()
                process = self._start(log)
        except OSError as error:
            self._events.put(Ended(None, str(error)))
            return
        threading.Thread(target=self._write, args=(process,), name="sv3d-engine-writer", daemon=True).start()
        for line in process.stdout or ():
            if not line.strip():
                continue
            try:
                self._events.put(protocol.decode_reply(line))
            except protocol.ProtocolError as error:
                # A broken line may have been the one that ends the job: nothing after it can be relied on.
                self._events.put(
                    protocol.Error(
                        None,
                        "The engine said something SV3D does not understand.",
                        "Check in the preferences that the chosen Python is the engine's.",
                        str(error),
                    )
                )
                process.kill()
                break
        status = process.wait()
        self.close()  # ends the writer
        self._events.put(Ended(status, self._log_tail()))

    def _start(self, log: IO[bytes]) -> subprocess.Popen[str]:
        with self._lock:
            if self._killed:
                raise OSError("Stopped before it had started.")
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=self._log.parent,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
                errors="replace",
                bufsize=1,
                creationflags=_NO_WINDOW,
            )
            return self._process

    def _write(self, process: subprocess.Popen[str]) -> None:
        if process.stdin is None:
            return
        with contextlib.suppress(OSError, ValueError):  # the reader tells of an engine that is gone
            while (request := self._requests.get()) is not None:
                process.stdin.write(protocol.encode(request) + "\n")
                process.stdin.flush()
        with contextlib.suppress(OSError):
            process.stdin.close()

    def _log_tail(self) -> str:
        """The end of what this engine has written, not its forerunners."""
        with contextlib.suppress(OSError), self._log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            began = self._log_start if self._log_start <= end else 0  # a log that has grown long is emptied
            log.seek(max(began, end - _TAIL_BYTES))
            return log.read().decode("utf-8", "replace").strip()
        return ""
