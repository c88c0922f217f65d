"""This Blender's engine and job: started, listened to and ended from the main thread, which never waits.

A persistent timer fetches what the engine has said; it outlives editors, file loads and undo, and the job lives
here, not in the scene, for the same reason.
"""

import time
from collections.abc import Callable
from pathlib import Path

import bpy

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.errors import UserError
from .. import storage, tab
from .job import CANCEL_GRACE, Failure, Job, Phase, advance, cancelling, engine_gone
from .launch import choose_python, engine_command, engine_environment
from .process import Ended, EngineProcess, Event

_BUSY_INTERVAL = 0.1  # seconds between looks while something is awaited
_IDLE_INTERVAL = 1.0
_WARM_SECONDS = 300.0  # an idle engine is kept this long, as its start takes seconds; then its memory is freed
_QUIT_GRACE = 0.5


class Session:
    """The one engine of this Blender and what is known of its job; for the main thread only."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self.failure: Failure | None = None  # what went wrong outside a job: its start, its import
        self.report: protocol.DoctorReport | Failure | None = None
        self.checking = False
        self.deliver: Callable[[Job], bool] | None = None  # called with a done job until it returns True
        self.watch: Callable[[Job], None] | None = None  # called with the job whenever it has changed
        self.wanted = True  # by the file the job was started for
        self._undelivered = False
        self._process: EngineProcess | None = None
        self._python: Path | None = None
        self.timer = self._on_timer  # kept, as Blender tells timers apart by identity and a method's changes
        self._cancelled_at = 0.0
        self._last_use = 0.0

    @property
    def busy(self) -> bool:
        return self.job is not None and self.job.active

    @property
    def waiting_to_deliver(self) -> bool:
        """A result is there, but not in the scene yet."""
        return self._undelivered

    @property
    def shown_failure(self) -> Failure | None:
        """What the error card shows, if anything."""
        return self.failure or (self.job.failure if self.job else None)

    @property
    def log(self) -> Path | None:
        """What the engine wrote to its stderr."""
        return storage.engine_log() if self._python else None

    def refuse(self, failure: Failure) -> None:
        """Show a failure that no job carries."""
        self.failure = failure
        tab.redraw()

    def start(self, request: protocol.Job, title: str, python: str) -> None:
        """Begin a job, called ``title`` by the artist.  Raises UserError when there is no Python to run it."""
        if self.busy:
            raise UserError("A job is running already.", "Wait for it, or cancel it.")
        if self._undelivered:
            raise UserError("The last result is not in the scene yet.", "Leave Edit or Sculpt Mode, and it comes.")
        self.failure, self.wanted = None, True
        process = self._engine(python)
        self.job = Job(request, title, Phase.RUNNING if process.pid else Phase.STARTING)
        process.send(request)

    def cancel(self) -> None:
        """Ask the engine to stop; it is killed if it does not, and finished stages are kept either way."""
        if self._process and self.job and self.busy:
            self._process.send(protocol.Cancel(self.job.request.job))
            self.job, self._cancelled_at = cancelling(self.job), time.monotonic()
            tab.redraw()

    def check(self, python: str) -> None:
        """Ask the engine what this machine can do; the answer comes to ``report``.  Raises UserError."""
        self.report = None
        self._engine(python).send(protocol.Doctor())
        self.checking = True

    def dismiss(self) -> None:
        """Forget a job that has ended and its failure; a result on its way to the scene still arrives."""
        if not self.busy:
            self.job, self.failure = self.job if self._undelivered else None, None
            tab.redraw()

    def forget_delivery(self) -> None:
        """Leave the result to the user, because the file it is made for has been closed."""
        self.wanted = self._undelivered = False

    def shutdown(self) -> None:
        """End the engine and the timer, as Blender or the add-on ends."""
        if bpy.app.timers.is_registered(self.timer):
            bpy.app.timers.unregister(self.timer)
        if self._process:
            self._process.close()
            if not self._process.join(_QUIT_GRACE):
                self._process.kill()
        self._process = self.job = self.failure = self.report = None
        self.checking = self._undelivered = False

    def tick(self) -> None:
        """Take in what has come; a few hundred microseconds unless a result is delivered."""
        before, changed = self.job, False
        for event in self._process.receive() if self._process else ():
            changed |= self._take(event)
        if self.job and self.job.phase is Phase.CANCELLING and time.monotonic() - self._cancelled_at > CANCEL_GRACE:
            self._drop_engine()
            self.job, changed = advance(self.job, Ended(None, "")), True
        if self.watch and self.job and self.job is not before:
            self.watch(self.job)
        if self._undelivered and self.job and self.deliver and self.deliver(self.job):
            self._undelivered, changed = False, True
        if self.busy or self.checking:
            self._last_use = time.monotonic()
        elif self._process and time.monotonic() - self._last_use > _WARM_SECONDS:
            self._process.close()
            self._process = None  # what is asked from now on is for a new one
        if changed:
            tab.redraw()

    # ---- inside -------------------------------------------------------------------------------------------------

    def _engine(self, python: str) -> EngineProcess:
        """The running engine, or a new one if there is none or another Python has been chosen."""
        chosen = choose_python(python)
        if self._process and chosen != self._python and not self.busy:
            self._drop_engine()
        if self._process is None:
            log = storage.engine_log()
            environment = engine_environment(storage.EXTENSION_ROOT, log.parent / "cache")
            self._process = EngineProcess(engine_command(chosen, log), environment, log)
            self._python = chosen
        self._last_use = time.monotonic()
        if not bpy.app.timers.is_registered(self.timer):
            bpy.app.timers.register(self.timer, first_interval=_BUSY_INTERVAL, persistent=True)
        return self._process

    def _drop_engine(self) -> None:
        if self._process:
            self._process.kill()
        self._process, self.checking = None, False

    def _take(self, event: Event) -> bool:
        """Take in one event; True if something that is shown has changed."""
        before = (self.job, self.report, self.checking)
        if isinstance(event, protocol.DoctorReport):
            self.report, self.checking = event, False
        if isinstance(event, protocol.Error) and event.job is None and self.checking:
            self.report, self.checking = Failure(event.cause, event.remedy, event.details), False
            return True  # doctor's own: a job that runs beside it goes on
        if isinstance(event, Ended):
            self._process = None
            if self.checking:
                self.report, self.checking = engine_gone(event), False
        if self.job:
            self.job = advance(self.job, event)
            if isinstance(event, protocol.Result | protocol.OrbitResult) and self.job.result is event:
                self._undelivered = self.wanted
            if self.job.phase is Phase.FAILED and isinstance(event, protocol.Hello):
                self._drop_engine()  # it speaks another protocol
        return before != (self.job, self.report, self.checking)

    def _on_timer(self) -> float | None:
        self.tick()
        if self._process is None and not self._undelivered:
            return None
        return _BUSY_INTERVAL if self.busy or self.checking or self._undelivered else _IDLE_INTERVAL


session = Session()
