"""One job of a batch, and whether an earlier run has done it; fit to be sent to another machine."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..shared import protocol
from .record import Record, is_whole, read_record

TABLE, TABLE_DATA, SHEET, LOG = "table.md", "table.json", "sheet.png", "log.txt"  # beside the job folders


@dataclass(frozen=True)
class Task:
    """One job of the batch."""

    name: str  # of its folder
    source: str
    request: protocol.Job
    fingerprint: str  # "" where what is asked cannot be read
    problem: tuple[str, str, str] | None = None  # cause, remedy and details, where it cannot be done at all

    @property
    def folder(self) -> Path:
        return Path(self.request.out)


def kept_record(task: Task) -> Record | None:
    """How an earlier run did this very task; None where none did, or its files are gone."""
    record = read_record(task.folder)
    kept = record is not None and record.done and record.fingerprint == task.fingerprint and is_whole(task.folder)
    return record if kept else None


def as_data(task: Task) -> dict[str, Any]:
    """A task in JSON's own types, for another process."""
    return {**asdict(task), "request": protocol.encode(task.request)}


def from_data(data: dict[str, Any]) -> Task:
    """What ``as_data`` was given."""
    request = protocol.decode_request(data["request"])
    assert isinstance(request, protocol.Job)
    return Task(**{**data, "request": request, "problem": data["problem"] and tuple(data["problem"])})
