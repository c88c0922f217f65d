"""Tasks on this machine: runners that each do one after another, one to a graphics card, sharing the threads."""

import os
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from ..ground.processes import engine_command, shared_threads
from ..ground.progress import Cancelled
from ..job.worker.supervisor import Supervisor
from ..shared import protocol
from .board import Board
from .making import WAITING, Listener, Outcome, make_once, outcome
from .tasks import LOG, Task

_TICK = 0.5  # seconds between two looks


class Worker:
    """A runner process, and what it says of the job at hand."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: int) -> None:
        self._replies: queue.SimpleQueue[protocol.Reply] = queue.SimpleQueue()
        self._supervisor = Supervisor(self, command, environment, log)
        self._job: str | None = None

    def send(self, message: protocol.Reply) -> None:
        """Called by the supervisor's threads."""
        self._replies.put(message)

    def make(self, request: protocol.Job, listen: Listener) -> protocol.End:
        """Do a job to its end."""
        self._job = request.job
        self._supervisor.add(request)
        try:
            while True:
                reply = self._replies.get()
                if isinstance(reply, protocol.End):
                    return reply
                listen(reply)
        finally:
            self._job = None

    def cancel(self) -> None:
        """End the job at hand, with all that it has finished kept."""
        if (job := self._job) is not None:
            self._supervisor.cancel(job)

    def stop(self) -> None:
        """End the runner."""
        self._supervisor.stop()
        self._replies.put(protocol.Cancelled(self._job or ""))


def perform(
    tasks: Sequence[Task],
    jobs: int,
    cards: int,
    out: Path,
    board: Board,
    command: Sequence[str] = (),
) -> None:
    """Do the tasks, ``jobs`` at once, each card with its own; ``board`` is told how they are and how they end.

    ``command`` starts a runner (default: this engine's own).  KeyboardInterrupt passes through once every job has been
    cancelled and told.
    """
    with (out / LOG).open("ab") as log:
        everyone = []
        for number in range(jobs):
            environment = {**shared_threads(jobs), **visible_card(number, cards, os.environ)}
            everyone.append(Worker(command or [*engine_command(), "work"], environment, log.fileno()))
        free: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        for worker in everyone:
            free.put(worker)
        stopped = threading.Event()
        with ThreadPoolExecutor(jobs) as pool:
            running = {pool.submit(_one, task, free, stopped, board) for task in tasks}
            try:
                _follow(running, board, board.show)
            except KeyboardInterrupt:
                stopped.set()
                _follow(running, board, lambda: _cancel(everyone))
                raise
            finally:
                stopped.set()
                for worker in everyone:
                    worker.stop()


def _cancel(workers: Sequence[Worker]) -> None:
    for worker in workers:
        worker.cancel()


def _follow(running: "set[Future[Outcome]]", board: Board, again_and_again: Callable[[], object]) -> None:
    """Tell each outcome as it comes, until ``running`` is empty."""
    while running:
        again_and_again()
        ended, _ = wait(running, _TICK, FIRST_COMPLETED)
        for future in ended:
            running.remove(future)
            board.ended(future.result())


def _one(task: Task, free: "queue.SimpleQueue[Worker]", stopped: threading.Event, board: Board) -> Outcome:
    def check() -> None:
        if stopped.is_set():
            raise Cancelled

    worker = free.get()
    try:
        if stopped.is_set():
            return outcome(task, WAITING)
        return make_once(task, lambda request: worker.make(request, board.hear), check)
    finally:
        free.put(worker)


def visible_card(number: int, cards: int, environment: Mapping[str, str]) -> dict[str, str]:
    """What lets a worker see one of the ``cards`` that this process may use, in turn; nothing where there is none."""
    if not cards:
        return {}
    listed = [card.strip() for card in environment.get("CUDA_VISIBLE_DEVICES", "").split(",") if card.strip()]
    return {"CUDA_VISIBLE_DEVICES": (listed or [str(card) for card in range(cards)])[number % cards]}


def card_count() -> int:
    """NVIDIA cards that this process may use."""
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0
