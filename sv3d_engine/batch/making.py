"""One task, made once: whoever holds its lock makes it, and who comes after finds it made."""

import platform
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..ground.lock import in_turn
from ..ground.progress import Cancelled
from ..shared import protocol
from ..shared.errors import UserError, explain
from .record import RECORD, Record, write_record
from .tasks import Task, kept_record

Listener = Callable[[protocol.Reply], None]
Make = Callable[[protocol.Job], protocol.End]  # does a job to its end, whatever happens in it

DONE, KEPT, FAILED, CANCELLED, WAITING = "done", "kept", "failed", "cancelled", "not begun"
WELL = (DONE, KEPT)


@dataclass(frozen=True)
class Outcome:
    """How a task ended."""

    name: str
    source: str
    folder: str
    state: str  # one of the above
    seconds: float = 0.0
    card: str = ""
    notes: tuple[str, ...] = ()
    cause: str = ""
    remedy: str = ""
    details: str = ""
    machine: str = ""


def outcome(task: Task, state: str, record: Record | None = None) -> Outcome:
    """What is known of a task that has no error to tell."""
    if record is None:
        return Outcome(task.name, task.source, str(task.folder), state)
    told = (record.seconds, record.card, record.notes)
    return Outcome(task.name, task.source, str(task.folder), state, *told, machine=record.machine)


def failed(task: Task, error: UserError) -> Outcome:
    """A task that came to nothing, and why."""
    return Outcome(
        *(task.name, task.source, str(task.folder), FAILED),
        cause=error.cause,
        remedy=error.remedy,
        details=error.details,
        machine=platform.node(),
    )


def make_once(task: Task, make: Make, waiting: Callable[[], None] = lambda: None) -> Outcome:
    """Make a task unless it is made; while another process makes it, wait for that (``waiting`` may raise).

    Whatever ``make`` raises but Exceptions passes through; the folder then holds whole stages only.
    """
    if task.problem:
        return failed(task, UserError(*task.problem))
    try:
        task.folder.parent.mkdir(parents=True, exist_ok=True)
        with in_turn(lock_file(task.folder), waiting):
            if record := kept_record(task):
                return outcome(task, KEPT, record)
            write_record(task.folder, Record(task.fingerprint, task.source))
            try:
                return _ended(task, make(task.request))
            finally:
                _forget_empty(task.folder)
    except Cancelled:
        return outcome(task, CANCELLED)
    except Exception as error:  # the others go on
        return failed(task, explain(error))


def lock_file(folder: Path) -> Path:
    """Beside the job's folder, which may not be there yet; the job itself locks the folder."""
    return folder.with_name(f".{folder.name}.lock")


def _ended(task: Task, end: protocol.End) -> Outcome:
    match end:
        case protocol.Result() | protocol.OrbitResult():
            card = end.card if isinstance(end, protocol.Result) else ""
            record = Record(task.fingerprint, task.source, True, end.seconds, card, end.notes, platform.node())
            write_record(task.folder, record)
            return outcome(task, DONE, record)
        case protocol.Error():
            return failed(task, UserError(end.cause, end.remedy, end.details))
        case _:
            return outcome(task, CANCELLED)


def _forget_empty(folder: Path) -> None:
    """Leave no folder that holds nothing but our note."""
    with suppress(OSError):
        if [path.name for path in folder.iterdir()] == [RECORD]:
            (folder / RECORD).unlink()
            folder.rmdir()
