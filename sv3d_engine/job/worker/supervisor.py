"""The process the add-on talks to: hands jobs to a runner, one at a time, and kills it when it does not react."""

import logging
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

from ... import __version__
from ...ground.processes import end_children_with_this_process, watch_parent
from ...shared import protocol
from ...shared.errors import REPAIR, ended_by_itself
from ..folder import JobFolder
from .channel import Channel, watch_log
from .onlooker import Onlooker
from .process_flags import NO_WINDOW, POLITE

log = logging.getLogger(__name__)

_GRACE = 1.2  # seconds a runner has to react to a cancel; the rest of the two is for the way there and back
_DOCTOR_LIMIT = 120.0  # seconds; a first import of PyTorch from a slow disk takes long


def main(runner: Sequence[str], doctor: Sequence[str], look: Sequence[str], log_file: Path) -> int:
    """Serve requests from stdin until it closes.  ``runner``, ``doctor`` and ``look`` are the commands to start."""
    channel = Channel(log_file)
    watch_log(log_file)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s supervisor %(levelname)s %(message)s")
    supervisor = Supervisor(channel, runner)
    onlooker = Onlooker(channel, look)

    def end() -> None:
        onlooker.stop()
        supervisor.end()

    watch_parent(end)
    end_children_with_this_process()  # a runner that is deep in native code does not see its stdin end
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if number := getattr(signal, name, None):
            signal.signal(number, lambda *_: end())
    channel.send(protocol.Hello(protocol.VERSION, __version__, os.getpid(), str(log_file)))
    supervisor.start()
    for line in channel.lines():
        try:
            request = protocol.decode_request(line)
        except protocol.ProtocolError as error:
            log.warning("%s", error)
            channel.send(_bad_line(error))
            continue
        match request:
            case protocol.MeshJob() | protocol.OrbitJob():  # a GenerateJob is one, too
                supervisor.add(request)
            case protocol.Cancel():
                onlooker.cancel(request.job)
                supervisor.cancel(request.job)
            case protocol.Finish():
                supervisor.finish(request.job)
            case protocol.Look():
                onlooker.look(request.of)
            case protocol.Doctor():
                threading.Thread(target=_ask_doctor, args=(doctor, channel), daemon=True).start()
            case protocol.Shutdown():
                break
    end()
    return 0


class Listener(Protocol):
    """Who is told what a runner says: the add-on's ``Channel``, or a batch."""

    def send(self, message: protocol.Reply) -> None: ...


class Supervisor:
    """The waiting jobs and the runner.  Called from several threads; every public method takes the lock.

    ``environment`` is the runner's own beside this process's; what it prints goes to file descriptor ``log``.
    """

    def __init__(
        self, channel: Listener, command: Sequence[str], environment: Mapping[str, str] | None = None, log: int = 2
    ) -> None:
        self._channel, self._command = channel, command
        self._environment, self._log = {**os.environ, **(environment or {})}, log
        self._lock = threading.RLock()
        self._waiting: deque[protocol.Job] = deque()
        self._running: protocol.Job | None = None
        self._begun = False  # its runner has told something of the running job
        self._given_again: protocol.Job | None = None
        self._runner: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start a runner if there is none, so that PyTorch is already there when a job comes."""
        with self._lock:
            if self._runner is None:
                self._runner = _spawn(self._command, self._environment, self._log)
                threading.Thread(target=self._relay, args=(self._runner,), name="runner", daemon=True).start()

    def add(self, job: protocol.Job) -> None:
        with self._lock:
            busy = [*self._waiting, self._running] if self._running else self._waiting
            if any(other.job == job.job for other in busy):
                cause = f"A job named “{job.job}” is already under way."
                self._channel.send(protocol.Error(None, cause, "Wait for it to end, or cancel it first."))
                return
            self._waiting.append(job)
            self._next()

    def cancel(self, name: str) -> None:
        """Answered by the runner, or after a grace by its end; a job that is already over needs no answer."""
        with self._lock:
            for job in self._waiting:
                if job.job == name:
                    self._waiting.remove(job)
                    self._channel.send(protocol.Cancelled(name))
                    return
            if self._running and self._running.job == name:
                self._tell(protocol.Cancel(name))
                timer = threading.Timer(_GRACE, self._kill_if_still, (self._running,))
                timer.daemon = True
                timer.start()

    def finish(self, name: str) -> None:
        """Passed on to the runner; a job that waits or is over has nothing to be finished."""
        with self._lock:
            if self._running and self._running.job == name:
                self._tell(protocol.Finish(name))

    def end(self) -> None:
        """End the runner and this process."""
        with self._lock:
            log.info("ending")
            self.stop()
            os._exit(0)  # other threads may sit in a read that nothing will end

    def stop(self) -> None:
        """End the runner; its job is told of no more."""
        with self._lock:
            runner, self._runner = self._runner, None
            if runner is not None:
                _kill(runner)
            self._remove_unfinished(resumable=True)
            self._running = None

    def _next(self) -> None:
        if self._running is None and self._waiting:
            self._running, self._begun = self._waiting.popleft(), False
            self.start()
            self._tell(self._running)

    def _tell(self, request: protocol.Request) -> None:
        """A runner that cannot be told is ending; ``_relay`` deals with that."""
        if self._runner is not None and self._runner.stdin is not None:
            try:
                self._runner.stdin.write(protocol.encode(request).encode("ascii") + b"\n")
                self._runner.stdin.flush()
            except OSError as error:
                log.warning("the runner does not listen: %s", error)

    def _kill_if_still(self, job: protocol.Job) -> None:
        with self._lock:
            if self._running is job and self._runner is not None:
                log.warning("job %s does not react to cancel; ending its runner", job.job)
                _kill(self._runner)
                self._remove_unfinished(resumable=False)
                self._finish(protocol.Cancelled(job.job))
                self._runner = None
                self.start()
                self._next()

    def _relay(self, runner: "subprocess.Popen[bytes]") -> None:
        """Pass a runner's replies on until it ends."""
        assert runner.stdout is not None
        for line in runner.stdout:
            try:
                reply = protocol.decode_reply(line.decode("ascii", "replace"))
            except protocol.ProtocolError as error:  # half a line: the runner was killed while it wrote
                log.warning("%s", error)
                continue
            with self._lock:
                if runner is not self._runner:
                    return
                if isinstance(reply, protocol.End):
                    self._finish(reply)
                    self._next()
                else:
                    self._begun = True
                    self._channel.send(reply)
        code = runner.wait()
        with self._lock:
            if runner is self._runner:
                self._lost(code)

    def _lost(self, code: int) -> None:
        """The runner ended by itself: its job failed, the waiting ones get a new runner.

        A job that it had not begun is no reason for its end, and gets a new runner, too, but only once.
        """
        log.error("the runner ended with code %s", code)
        self._runner = None
        if self._running is not None:
            self._remove_unfinished(resumable=True)
            if self._begun or self._running is self._given_again:
                told = ended_by_itself(code)
                self._finish(protocol.Error(self._running.job, told.cause, told.remedy, told.details))
            else:
                self._given_again, self._running = self._running, None
                self._waiting.appendleft(self._given_again)
        self._next()

    def _remove_unfinished(self, *, resumable: bool) -> None:
        """The runner was ended in the middle of its job: nothing half-written shall stay."""
        if self._running is None:
            return
        remove = partial(JobFolder(Path(self._running.out)).remove_unfinished_after_kill, resumable=resumable)
        if (runner := self._runner) is not None and runner.poll() is None:  # slow to end, it still holds the folder
            threading.Thread(target=lambda: (runner.wait(), remove()), name="remains", daemon=True).start()
        else:
            remove()

    def _finish(self, reply: protocol.End) -> None:
        self._running = None
        self._channel.send(reply)


def _spawn(command: Sequence[str], environment: Mapping[str, str], log: int) -> "subprocess.Popen[bytes]":
    """A runner in a process group of its own, so that what it starts can be ended with it."""
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,  # by number, because Windows would pass on the stderr from before it was redirected
        env=environment,
        start_new_session=True,  # POSIX only
        creationflags=NO_WINDOW | POLITE,
    )


def _kill(runner: "subprocess.Popen[bytes]") -> None:
    if runner.poll() is None and os.name != "nt":
        with suppress(ProcessLookupError):  # it has just ended by itself
            os.killpg(runner.pid, signal.SIGKILL)
    runner.kill()
    try:
        runner.wait(0.3)
    except subprocess.TimeoutExpired:
        log.warning("runner %s is slow to end", runner.pid)


def _ask_doctor(command: Sequence[str], channel: Channel) -> None:
    """A process of its own, so that a driver that hangs or crashes takes nothing with it."""
    try:
        answer = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_DOCTOR_LIMIT,
            check=True,
            encoding="utf-8",
            errors="replace",
            creationflags=NO_WINDOW,
        )
        channel.send(protocol.decode_reply(answer.stdout))
    except (OSError, subprocess.SubprocessError, protocol.ProtocolError) as error:
        log.exception("doctor failed")
        cause = "The engine could not examine this machine."
        channel.send(protocol.Error(None, cause, f"{REPAIR}.", str(error)))


def _bad_line(error: protocol.ProtocolError) -> protocol.Error:
    return protocol.Error(
        None,
        "The engine was sent a line that it does not understand.",
        f"{REPAIR}: add-on and engine have to be of the same version.",
        str(error),
    )
