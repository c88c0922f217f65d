"""This Blender's engine and jobs: started, listened to and ended from the main thread, which never waits.

A persistent timer fetches what the engine has said; it outlives editors, file loads and undo, and the jobs live
here, not in the scene, for the same reason.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import bpy

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.errors import UserError
from .. import tab
from .engine import Engine
from .job import CANCEL_GRACE, Failure, Job, Phase, advance, cancelling, engine_gone, finishing
from .job_queue import Batch, Entry, JobQueue
from .look import Look, told
from .process import Ended, EngineProcess, Event
from .time_left import Countdown, start_fraction

_BUSY_INTERVAL = 0.1  # seconds between looks while something is awaited
_DELIVERY_INTERVAL = 0.02  # between two steps of a result into the scene
_IDLE_INTERVAL = 1.0
_START_SECONDS = 8.0  # of the engine, until it has been measured: most of it loads PyTorch


class Session:
    """The one engine of this Blender and what is known of its jobs; for the main thread only."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.job: Job | None = None  # the one that runs, else the last one
        self.queue = JobQueue()
        self.undelivered: tuple[Job, ...] = ()  # done, but not in the scene yet
        self.failure: Failure | None = None  # what went wrong outside a job: its start, its import
        self.report: protocol.DoctorReport | Failure | None = None
        self.checking = False
        self.look: Look | None = None  # the last one at an orbit's frames
        self.deliver: Callable[[Job], bool] | None = None  # called with a done job until it returns True
        self.delivering = False  # such a call has begun what the next ones will end
        self.watch: tuple[Callable[[Job], None], ...] = ()  # called with the job whenever it has changed
        self.begun: Callable[[Job], None] | None = None  # called once with each job whose turn has come
        self.ended: Callable[[Job], None] | None = None  # called once with each job that is over
        self.over: dict[str, Job] = {}  # every job that is, by its name
        self.ready: Callable[[protocol.Job], bool] = lambda _: True  # asked until a job's own files are there
        self._entry: Entry | None = None  # of the job that runs
        self._unsent = False  # it waits for them
        self.timer = self._on_timer  # kept, as Blender tells timers apart by identity and a method's changes
        self._countdown = Countdown(None, 0.0)
        self._start_seconds = _START_SECONDS  # of the engine, as it took last
        self._cold = False  # the job that runs has waited for that, or does
        self._began_at = self._cancelled_at = 0.0

    @property
    def busy(self) -> bool:
        return self.job is not None and self.job.active

    @property
    def waiting_to_deliver(self) -> bool:
        """A result is there, but not in the scene yet."""
        return bool(self.undelivered)

    @property
    def shown_failure(self) -> Failure | None:
        """What the error card shows, if anything."""
        return self.failure or (self.job.failure if self.job else None)

    @property
    def seconds_left(self) -> float | None:
        """Of the job that runs, as it is shown."""
        return self._countdown.shown if self.busy else None

    @property
    def is_late(self) -> bool:
        """The job that runs takes far longer than ``seconds_left`` could say."""
        return self.busy and self._countdown.is_late

    @property
    def start_fraction(self) -> float:
        """How far the engine's start is, in [0, 1], while a job waits for it."""
        return start_fraction(time.monotonic() - self._began_at, self._start_seconds if self._cold else 1.0)

    def refuse(self, failure: Failure) -> None:
        """Show a failure that no job carries."""
        self.failure = failure
        tab.redraw()

    def start(self, *entries: Entry, batch: Batch | None = None) -> None:
        """Begin these jobs one after the other, behind those that wait.

        Raises UserError when there is no Python to run the first, and then begins none.
        """
        self.failure = None
        if not self.busy and not self.queue.waiting:
            self._begin_engine(entries[0].python)
        self.queue = self.queue.add(*entries, batch=batch).released()
        self._next()
        tab.redraw()

    def remove(self, names: Sequence[str]) -> None:
        """Take waiting jobs out of the queue."""
        for entry in [entry for entry in self.queue.waiting if entry.request.job in names]:
            self.over[entry.request.job] = job = Job(entry.request, entry.title, Phase.CANCELLED)
            if self.ended:
                self.ended(job)
        self.queue = self.queue.remove(names)
        tab.redraw()

    def go_on(self) -> None:
        """Begin the next job although the last one's engine did not come up."""
        self.queue = self.queue.released()
        self._next()
        tab.redraw()

    def forget_failed(self, name: str) -> None:
        """A job that has failed is put in again."""
        self.queue = self.queue.without_failed(name)

    @property
    def can_finish(self) -> bool:
        """Whether the job could end soon with a mesh from what there is."""
        job = self.job
        return job is not None and job.phase is Phase.RUNNING and job.has_shape and not job.finishing

    def finish(self) -> None:
        """Ask the engine to end the job soon, with what there is."""
        if self.engine.process and self.job and self.can_finish:
            self.engine.process.send(protocol.Finish(self.job.request.job))
            self.job = finishing(self.job)
            tab.redraw()

    def cancel(self) -> None:
        """Ask the engine to stop; it is killed if it does not, and finished stages are kept either way."""
        if self._unsent and self.job:
            self.job, self._unsent = replace(self.job, phase=Phase.CANCELLED), False
            tab.redraw()
        elif self.engine.process and self.job and self.busy:
            self.engine.process.send(protocol.Cancel(self.job.request.job))
            self.job, self._cancelled_at = cancelling(self.job), time.monotonic()
            tab.redraw()

    def check(self, python: str) -> None:
        """Ask the engine what this machine can do; the answer comes to ``report``.  Raises UserError."""
        self.report = None
        self._begin_engine(python).send(protocol.Doctor())
        self.checking = True

    def look_at(self, python: str, request: protocol.MeshJob) -> None:
        """Ask the engine what this job would start from; the answer comes to ``look``.  Raises UserError."""
        self._begin_engine(python).send(protocol.Look(request))
        self.look = Look(request)
        tab.redraw()

    def forget_look(self) -> None:
        """Let a look come to nothing."""
        if self.look and self.look.active and self.engine.process:
            self.engine.process.send(protocol.Cancel(self.look.request.job))
        self.look = None
        tab.redraw()
        tab.redraw_views()

    @property
    def looking(self) -> bool:
        """Whether the engine owes the answer to a look."""
        return self.look is not None and self.look.active

    def release(self) -> None:
        """Have an engine ended that is at no job: its environment is about to change; who does that waits for it."""
        if not self.busy:
            self._drop_engine()

    def dismiss(self) -> None:
        """Forget what has ended and its failures; a result on its way to the scene still arrives."""
        self.queue, self.failure = self.queue.dismiss(), None
        if not self.busy:
            self.job = None
        tab.redraw()

    def forget_delivery(self, folder: str) -> None:
        """The result in this job folder has been brought into a scene by hand."""
        self.undelivered = tuple(job for job in self.undelivered if job.request.out != folder)
        tab.redraw()

    def shutdown(self) -> None:
        """End the engine and the timer, as Blender or the add-on ends."""
        if bpy.app.timers.is_registered(self.timer):
            bpy.app.timers.unregister(self.timer)
        self.engine.quit()
        self.remove([entry.request.job for entry in self.queue.waiting])
        self._entry = self.job = self.failure = self.report = self.look = None
        self.queue, self.undelivered, self.checking = JobQueue(), (), False

    def tick(self) -> None:
        """Take in what has come; a few hundred microseconds, or one step of a result into its scene."""
        before, changed = self.job, False
        for event in self.engine.receive():
            changed |= self._take(event)
        if self.job and self.job.phase is Phase.CANCELLING and time.monotonic() - self._cancelled_at > CANCEL_GRACE:
            self._drop_engine()
            self.job, changed = advance(self.job, Ended(None, "")), True
        self._send()
        for watch in self.watch if self.job is not before else ():
            if self.job:
                watch(self.job)
        self._countdown.turn(time.monotonic())
        if self._entry and self.job and not self.job.active:
            self._end(self._entry, self.job)
            changed = True
        changed |= self._deliver()
        changed |= self.job is not None and self.job.active and not self.job.stage  # the engine's start goes on
        self.engine.rest(busy=self.busy or self.checking or self.looking)
        if changed:
            tab.redraw()

    # ---- inside -------------------------------------------------------------------------------------------------

    def _next(self) -> None:
        """Begin the job whose turn it is, if none runs."""
        if self.busy:
            return
        entry, self.queue = self.queue.next()
        if entry is None:
            return
        self._entry, self._began_at = entry, time.monotonic()
        try:
            self._begin_engine(entry.python)
            self.job, self._unsent = Job(entry.request, entry.title, began=self.engine.greeted), True
            self._send()
        except UserError as error:
            failure = Failure(error.cause, error.remedy, error.details)
            self.job = Job(entry.request, entry.title, Phase.FAILED, failure=failure)
        self._cold = not self.engine.greeted
        start = self._start_seconds if self._cold else 0.0
        self._countdown = Countdown(None if entry.seconds is None else start + entry.seconds, self._began_at)
        if self.begun:
            self.begun(self.job)

    def _send(self) -> None:
        """Give the engine its job, once the files are there that it is to read."""
        if not (self._unsent and self.job and self.engine.process):
            return
        try:
            if self.ready(self.job.request):
                self.engine.process.send(self.job.request)
                self._unsent = False
        except UserError as error:
            failure = Failure(error.cause, error.remedy, error.details)
            self.job, self._unsent = replace(self.job, phase=Phase.FAILED, failure=failure), False
        except OSError as error:
            failure = Failure("The picture could not be written for the engine.", "Free some space.", str(error))
            self.job, self._unsent = replace(self.job, phase=Phase.FAILED, failure=failure), False

    def _end(self, entry: Entry, job: Job) -> None:
        """After a job's end: note what became of it, and go on with the next one."""
        self.queue, self._entry, self._unsent = self.queue.ended(entry, job), None, False
        self.over[job.request.job] = job
        if job.result:
            self.undelivered = (*self.undelivered, job)
        if self.ended:
            self.ended(job)
        self._next()

    def _deliver(self) -> bool:
        """Bring results nearer to their scenes; True if one has arrived."""
        for job in self.undelivered:
            if self.deliver and self.deliver(job):
                self.undelivered = tuple(other for other in self.undelivered if other is not job)
                return True
        return False

    def _begin_engine(self, python: str) -> EngineProcess:
        before, process = self.engine.process, self.engine.at(python, busy=self.busy)
        self.checking = self.checking and process is before
        if self.looking and process is not before:
            self.look = None
        if not bpy.app.timers.is_registered(self.timer):
            bpy.app.timers.register(self.timer, first_interval=_BUSY_INTERVAL, persistent=True)
        return process

    def _drop_engine(self) -> None:
        self.engine.drop()
        self.checking = False
        if self.looking:
            self.look = None

    def _take(self, event: Event) -> bool:
        """Take in one event; True if something that is shown has changed."""
        before = (self.job, self.report, self.checking, self.look)
        if isinstance(event, protocol.DoctorReport):
            self.report, self.checking = event, False
        if isinstance(event, protocol.Error) and event.job is None and self.checking:
            self.report, self.checking = Failure(event.cause, event.remedy, event.details), False
            return True  # doctor's own: a job that runs beside it goes on
        if self.look:
            self.look = told(self.look, event)
            if self.look is not before[-1]:
                tab.redraw_views()
        if isinstance(event, Ended) and self.checking:
            self.report, self.checking = engine_gone(event, at_job=False), False
        if self.job:
            if isinstance(event, protocol.Stage):
                now = time.monotonic()
                self._countdown.tell(event.seconds_left, now)
                if self._cold and not self.job.stage:
                    self._start_seconds = now - self._began_at
            self.job = advance(self.job, event)
            if self.job.phase is Phase.FAILED and isinstance(event, protocol.Hello):
                self._drop_engine()  # it speaks another protocol
        return before != (self.job, self.report, self.checking, self.look)

    def _on_timer(self) -> float | None:
        waited = self.undelivered
        self.tick()
        if self.delivering:
            return _DELIVERY_INTERVAL
        if self.busy or self.checking or self.looking or self.undelivered is not waited:
            return _BUSY_INTERVAL
        return None if self.engine.process is None and not self.undelivered else _IDLE_INTERVAL


session = Session()
