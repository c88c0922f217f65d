"""The engine of this Blender: started when it is asked for, kept warm for a while, and let go."""

import time
from pathlib import Path

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.engine_python import made_environment
from ...sv3d_engine.shared.engine_use import refuse_changing
from ...sv3d_engine.shared.user_folders import home_folder
from .. import storage
from .launch import choose_python, engine_command, engine_environment
from .process import Ended, EngineProcess, Event

_WARM_SECONDS = 300.0  # an idle engine is kept this long, as its start takes seconds; then its memory is freed
_QUIT_GRACE = 0.5


class Engine:
    """At most one process at a time; for the main thread only."""

    def __init__(self) -> None:
        self.process: EngineProcess | None = None
        self.greeted = False  # it has said hello
        self._python: Path | None = None
        self._last_use = 0.0

    @property
    def log(self) -> Path | None:
        """What the engine wrote to its stderr."""
        return storage.engine_log() if self._python else None

    def at(self, python: str, *, busy: bool) -> EngineProcess:
        """The process that runs, or a new one if there is none or another Python has been chosen.

        One that is ``busy`` stays.  Raises UserError when there is no Python to run it.
        """
        chosen = choose_python(python)
        if self.process and chosen != self._python and not busy:
            self.drop()
        if self.process is None:
            if chosen.is_relative_to(made_environment(home_folder())):
                refuse_changing(home_folder())
            log = storage.engine_log()
            environment = engine_environment(storage.EXTENSION_ROOT, log.parent / "cache")
            self.process = EngineProcess(engine_command(chosen, log), environment, log)
            self._python = chosen
        self._last_use = time.monotonic()
        return self.process

    def receive(self) -> list[Event]:
        """What it has said since the last look."""
        events = list(self.process.receive()) if self.process else []
        for event in events:
            if isinstance(event, protocol.Hello):
                self.greeted = True
            if isinstance(event, Ended):
                self._forget()
        return events

    def rest(self, *, busy: bool) -> None:
        """Let an engine go that has had nothing to do for long."""
        if busy:
            self._last_use = time.monotonic()
        elif self.process and time.monotonic() - self._last_use > _WARM_SECONDS:
            self.process.close()
            self._forget()  # what is asked from now on is for a new one

    def drop(self) -> None:
        """Kill it, whatever it does."""
        if self.process:
            self.process.kill()
        self._forget()

    def quit(self) -> None:
        """Let it end by itself, but not for long."""
        if self.process:
            self.process.close()
            if not self.process.join(_QUIT_GRACE):
                self.process.kill()
        self._forget()

    def _forget(self) -> None:
        self.process, self.greeted = None, False
