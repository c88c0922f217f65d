"""The process that does the work: one job at a time, PyTorch imported once."""

import logging
import os
import queue
import signal
import threading
from collections.abc import Callable, Sequence

from ...ground.processes import end_children_with_this_process, watch_parent
from ...ground.progress import Cancelled
from ...shared import protocol
from ...shared.errors import DoubtError, UserError, explain
from ..job import Stage
from ..run import run_job
from ..stages import stages_for
from .channel import Channel

log = logging.getLogger(__name__)

_POLITENESS = 5  # of nice(2): Blender stays smooth while all cores work here


StagesFor = Callable[[protocol.Job], Sequence[Stage]]


def main(stages_of: StagesFor = stages_for, warm_up: bool = True) -> int:
    """Do the jobs that come in on stdin until it closes.  ``warm_up`` imports PyTorch before the first job."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a shared terminal is the supervisor's to handle
    if hasattr(os, "nice"):
        os.nice(_POLITENESS)
    channel = Channel(log=None)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s runner %(levelname)s %(message)s")
    end_children_with_this_process()
    jobs: queue.SimpleQueue[protocol.Job] = queue.SimpleQueue()
    cancelled: set[str] = set()
    finishing: set[str] = set()
    watch_parent(_end)
    threading.Thread(target=_listen, args=(channel, jobs, cancelled, finishing), name="stdin", daemon=True).start()
    if warm_up:
        _import_torch()
    while True:
        end, sound = _answer(jobs.get(), channel, cancelled, finishing, stages_of)
        channel.send(end)
        if not sound:  # the supervisor starts another process
            log.warning("ending, as what went wrong may still be in this process")
            _end()


def _answer(
    request: protocol.Job, channel: Channel, cancelled: set[str], finishing: set[str], stages_of: StagesFor
) -> tuple[protocol.End, bool]:
    """Run one job to its final message, whatever happens in it; and whether this process is sound afterwards.

    A graphics card that failed, memory that ran out and packages that did not load would fail the next job, too.
    """
    log.info("job %s: %s", request.job, request)
    try:
        stages, name = stages_of(request), request.job
        done = run_job(request, channel.send, lambda: name in cancelled, stages, lambda: name in finishing)
        return done, True
    except Cancelled:
        log.info("job %s: cancelled", request.job)
        return protocol.Cancelled(request.job), True
    except UserError as error:
        log.info("job %s: %s", request.job, error)
        is_doubt = isinstance(error, DoubtError)
        return protocol.Error(request.job, error.cause, error.remedy, error.details, is_doubt), True
    except Exception as error:  # the boundary of the process: every failure becomes a message
        log.exception("job %s failed", request.job)
        known = explain(error)
        return protocol.Error(request.job, known.cause, known.remedy, known.details), False


def _listen(
    channel: Channel, jobs: "queue.SimpleQueue[protocol.Job]", cancelled: set[str], finishing: set[str]
) -> None:
    """Reads stdin beside the job, so that a cancel is seen at once."""
    for line in channel.lines():
        request = protocol.decode_request(line)  # from our own supervisor: a bad line is a bug and ends the process
        if isinstance(request, protocol.Job):
            cancelled.discard(request.job)  # a late cancel of an earlier job with this name
            finishing.discard(request.job)
            jobs.put(request)
        elif isinstance(request, protocol.Cancel):
            cancelled.add(request.job)
        elif isinstance(request, protocol.Finish):
            finishing.add(request.job)
    _end()


def _end() -> None:
    """At once, with every process this one has started; what is on disk is always whole."""
    if os.name != "nt" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def _import_torch() -> None:
    try:
        import torch  # noqa: F401
    except ImportError as error:
        log.warning("PyTorch does not load: %s", error)  # the job that needs it will say so
