"""From wishes to tasks: which job folder each has, so that what an earlier run began or finished is found again."""

import argparse
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..job.arguments import request as request_of
from ..shared.errors import UserError, explain
from .record import RECORD, Record, fingerprint, read_record
from .sources import Wish, cameras_of, frames_of, is_path
from .tasks import LOG, SHEET, TABLE, TABLE_DATA, Task

_OWN = (TABLE, TABLE_DATA, SHEET, LOG)
_LONGEST = 80  # characters of a folder's name
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')  # by Windows, the strictest
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # names of Windows' own


@dataclass(frozen=True)
class Plan:
    """All tasks in the order of the wishes, and what to tell before work begins."""

    tasks: tuple[Task, ...]
    told: tuple[str, ...]


def plan(wishes: Sequence[Wish], out: Path, again: bool) -> Plan:
    """Give each wish a job folder in ``out``: the one where the same was asked before, or a new one.

    Where the picture or the settings have changed since, the old result stays and a new folder is taken, or with
    ``again`` the old one.
    """
    tasks: list[Task] = []
    told = []
    for wish in wishes:
        task = _task(wish, out)
        if task.fingerprint and any(t.fingerprint == task.fingerprint and t.source == task.source for t in tasks):
            told.append(f"{task.source} is asked for twice in the same way; it is made once")
        else:
            tasks.append(task)
    known = {
        file.parent.name: record for file in sorted(out.glob(f"*/{RECORD}")) if (record := read_record(file.parent))
    }
    folders = _matched(tasks, known)
    changed = {name: record for name, record in known.items() if name not in folders.values()}
    taken = {name.casefold() for name in (*_OWN, *(path.name for path in out.glob("*")))}
    for i, task in enumerate(tasks):
        if i in folders:
            continue
        earlier = next((name for name, record in changed.items() if record.source == task.source), None)
        folders[i] = free_name(task.name, taken)
        if earlier and task.fingerprint:
            del changed[earlier]
            folders[i] = earlier if again else folders[i]
            where = "anew there" if again else f"in {folders[i]} (with --again: there)"
            told.append(f"{earlier} was made from another picture or with other settings; it is made {where}")
        taken.add(folders[i].casefold())
    named = (_in_folder(task, out / folders[i]) for i, task in enumerate(tasks))
    return Plan(tuple(named), tuple(told))


def _matched(tasks: Sequence[Task], known: dict[str, Record]) -> dict[int, str]:
    """Folders in which the very same was asked, by the task's place; first those of the very same source."""
    folders: dict[int, str] = {}
    for same_source in (True, False):
        for i, task in enumerate(tasks):
            for name, record in known.items():
                same = record.fingerprint == task.fingerprint and (record.source == task.source or not same_source)
                if same and i not in folders and name not in folders.values():
                    folders[i] = name
    return folders


def _task(wish: Wish, out: Path) -> Task:
    """The task before it has a folder of its own: all that is asked, read and told by a fingerprint."""
    name = folder_name(wish.name or (wish.source.name if wish.source.is_dir() else wish.source.stem))
    options = argparse.Namespace(**{**vars(wish.options), **_sources(wish), "resume": True})
    problem, said = None, ""
    request = request_of(options, out / name)
    try:
        if not wish.source.exists():
            raise UserError(f"There is no {wish.source}.", "Check the path, or leave it out.")
        said = fingerprint(request)
    except Exception as error:  # one that cannot be read does not stop the others
        known = explain(error)
        problem = (known.cause, known.remedy, known.details)
    return Task(name, str(wish.source), request, said, problem)


def _sources(wish: Wish) -> dict[str, Any]:
    """What a command of one job would be given, with absolute paths."""
    options = vars(wish.options)
    paths = {n: str(Path(v).absolute()) for n, v in options.items() if isinstance(v, str) and is_path(n, v)}
    if not wish.is_orbit:
        return paths | {"what": "generate", "picture": str(wish.source)}
    cameras = paths.get("cameras") or cameras_of(wish.source)
    frames = str(frames_of(wish.source))
    return paths | {"what": "mesh", "frames": frames, "cameras": str(cameras) if cameras else None}


def _in_folder(task: Task, folder: Path) -> Task:
    return replace(task, name=folder.name, request=replace(task.request, job=folder.name, out=str(folder)))


def folder_name(name: str) -> str:
    """A name that every system takes for a folder."""
    name = _FORBIDDEN.sub("_", name)[:_LONGEST].strip(" .")
    return f"_{name}" if not name or _DEVICES.fullmatch(name) else name


def free_name(name: str, taken: Iterable[str]) -> str:
    """The name, or with the first number that makes it another; ``taken`` are case-folded."""
    found, number = name, 1
    while found.casefold() in taken:
        number += 1
        found = f"{name}-{number}"
    return found
