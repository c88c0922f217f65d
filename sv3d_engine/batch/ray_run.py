"""Tasks on a Ray cluster: Ray gives each to a machine that has room, and to another when a machine dies."""

import os
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..job.folder import JobFolder
from ..job.job import Stage
from ..job.stages import stages_for
from ..shared import protocol
from ..shared.errors import UserError
from .board import Board
from .making import CANCELLED, WAITING, WELL, Outcome, failed, make_once, outcome
from .ray_cluster import connected, look_around, share_of
from .ray_notice import Notice
from .tasks import Task, as_data, from_data

_RETRIES = 3  # after a machine or a process was lost
_TICK = 0.5  # seconds between two looks
_TELLING = 1.0  # seconds between two words of a task on how far it is
_GRACE = 5.0  # seconds for tasks to end by themselves once cancelled

StagesFor = Callable[[protocol.Job], Sequence[Stage]]


def perform_on_ray(
    tasks: Sequence[Task],
    address: str,
    jobs: int | None,
    out: Path,
    board: Board,
    stages_of: StagesFor = stages_for,
) -> None:
    """Do the tasks on the cluster at ``address``, ``jobs`` at once at most; ``board`` is told how they end.

    KeyboardInterrupt passes through once every job has been cancelled and told.  Raises UserError.
    """
    with connected(address) as ray:
        machines = look_around(ray, out, _paths(tasks))
        shares = {task.name: share_of(task.request, machines) for task in tasks if not task.problem}
        if not all(machine.locks for machine in machines):
            board.tell("The disk of the results knows no locks: do not start the same batch twice at once")
        notice = ray.remote(num_cpus=0, max_restarts=-1)(Notice).remote()
        waiting = deque(tasks)
        running: dict[Any, Task] = {}
        try:
            while waiting or running:
                while waiting and (jobs is None or len(running) < jobs):
                    task = waiting.popleft()
                    if task.problem:
                        board.ended(failed(task, UserError(*task.problem)))
                        continue
                    wanted = asdict(shares[task.name])
                    do = ray.remote(max_retries=_RETRIES, **wanted)(_on_machine)
                    running[do.remote(as_data(task), notice, wanted["num_cpus"], stages_of)] = task
                _follow(ray, running, notice, board)
        except KeyboardInterrupt:
            _cancel(ray, running, board)
            for task in waiting:
                board.ended(outcome(task, WAITING))
            raise


def _paths(tasks: Sequence[Task]) -> list[Path]:
    """What every machine has to see, beside the results' folder."""
    found = {Path(task.source).parent for task in tasks if not task.problem}
    requests = [task.request for task in tasks]
    found |= {Path(r.weights) for r in requests if isinstance(r, protocol.OrbitJob) and r.weights}
    return sorted(found | {Path(r.cameras) for r in requests if r.cameras})


def _on_machine(data: dict[str, Any], notice: Any, cpus: float, stages_of: StagesFor) -> dict[str, Any]:
    """Runs on a machine of the cluster, in a process of Ray's."""
    os.environ["NUMBA_NUM_THREADS"] = str(max(1, int(cpus)))  # Ray itself tells OpenMP
    import time

    from ..ground.progress import Cancelled
    from ..ground.torch_setup import prepare_torch
    from ..job.run import run_job
    from ..shared.errors import explain

    prepare_torch()
    task = from_data(data)
    told = 0.0

    def listen(message: protocol.Stage | protocol.Preview) -> None:
        nonlocal told
        if isinstance(message, protocol.Stage) and time.monotonic() - told > _TELLING:
            told = time.monotonic()
            notice.at.remote(task.name, message.job_fraction)

    def make(request: protocol.Job) -> protocol.End:
        try:
            return run_job(request, listen, stages=stages_of(request))
        except (Cancelled, KeyboardInterrupt):  # by the latter Ray cancels
            return protocol.Cancelled(request.job)
        except Exception as error:  # the boundary of the job: every failure becomes a message
            known = explain(error)
            return protocol.Error(request.job, known.cause, known.remedy, known.details)

    return asdict(make_once(task, make))


def _follow(ray: Any, running: dict[Any, Task], notice: Any, board: Board) -> None:
    """One look: tell what has ended, and how far the others are."""
    ended, _ = ray.wait(list(running), num_returns=1, timeout=_TICK)
    for ref in ended:
        board.ended(_ended(ray, ref, running.pop(ref)))
    try:
        fractions = ray.get(notice.all.remote(), timeout=_TICK)
    except ray.exceptions.RayError:  # it comes again
        fractions = {}
    for task in running.values():
        if task.name in fractions:
            board.at(task.name, fractions[task.name])
    board.show()


def _ended(ray: Any, ref: Any, task: Task) -> Outcome:
    """How a task ended, be it by the loss of its machines."""
    try:
        told = ray.get(ref)
        return Outcome(**{**told, "notes": tuple(told["notes"])})
    except ray.exceptions.TaskCancelledError:
        return outcome(task, CANCELLED)
    except ray.exceptions.OutOfMemoryError as error:
        remedy = "Start the same command again with fewer jobs at once (--jobs), or with the preset “draft”."
        return failed(task, UserError("A machine of the cluster ran out of memory.", remedy, str(error)))
    except ray.exceptions.RayTaskError as error:
        remedy = "Check that every machine has the engine's packages; what was finished is kept."
        return failed(task, UserError("A machine of the cluster could not run the engine.", remedy, str(error)))
    except ray.exceptions.RayError as error:
        cause = f"The machine that made it was lost, {_RETRIES + 1} times over."
        return failed(task, UserError(cause, "Start the same command again; what was finished is kept.", str(error)))


def _cancel(ray: Any, running: dict[Any, Task], board: Board) -> None:
    """End all tasks: by themselves if they can, else by force."""
    for force in (False, True):
        for ref in running:
            ray.cancel(ref, force=force)
        ended, _ = ray.wait(list(running), num_returns=len(running), timeout=_GRACE) if running else ([], [])
        for ref in ended:
            task = running.pop(ref)
            end = _ended(ray, ref, task)
            board.ended(end if end.state in (*WELL, CANCELLED) else outcome(task, CANCELLED))
    for task in running.values():
        board.ended(outcome(task, CANCELLED))
        JobFolder(task.folder).remove_unfinished_after_kill(resumable=True)
