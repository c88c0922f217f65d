"""``work/state.json``: which stages of a job are finished, and what they left."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..ground.files import write_json
from ..shared.job_files import is_plain_name

_VERSION = 2
_LARGEST = 32 << 20  # bytes; a true one has some kilobytes


@dataclass(frozen=True)
class StageRecord:
    """A finished stage: its files by path relative to the job folder, with sizes, and what it has to tell."""

    name: str
    fingerprint: str  # of everything that the files depend on
    files: dict[str, int]
    previews: tuple[str, ...]  # also its files, but nothing depends on them
    seconds: float
    peak_memory: int  # bytes
    facts: dict[str, Any]


def write_state(path: Path, records: Sequence[StageRecord]) -> None:
    """Note the finished stages, in one step."""
    write_json(path, {"version": _VERSION, "records": [asdict(record) for record in records]})


def read_state(path: Path) -> tuple[StageRecord, ...]:
    """The finished stages; none if the file is absent, of another version, damaged, or not as we write it."""
    try:
        if path.stat().st_size > _LARGEST:
            return ()
        data = json.loads(path.read_text(encoding="utf-8"), parse_float=_finite, parse_constant=lambda name: None)
        return tuple(map(_record, data["records"])) if data["version"] == _VERSION else ()
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ()


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _is_path(name: Any) -> bool:
    """Whether this is a path below the job folder that a stage could have written."""
    return isinstance(name, str) and all(map(is_plain_name, name.split("/")))


def _record(data: Any) -> StageRecord:
    """A record, all of it of the right types: a job folder may come from somebody else.  Raises ValueError."""
    record = StageRecord(**data)
    notes, card = record.facts.get("notes", []), record.facts.get("card", {"verdict": ""})
    sound = (
        isinstance(record.name, str)
        and isinstance(record.fingerprint, str)
        and all(map(_is_path, (*record.files, *record.previews)))
        and all(type(number) is int for number in (record.peak_memory, *record.files.values()))
        and type(record.seconds) in (int, float)
        and isinstance(notes, list)
        and all(isinstance(note, str) for note in notes)
        and isinstance(card["verdict"], str)
    )
    if not sound:
        raise ValueError("not as it was written")
    return replace(record, previews=tuple(record.previews))
