"""What lies where in a job folder, for whoever looks into one without running it.  Standard library only."""

import json
from pathlib import Path
from typing import Any

REQUEST = "job.json"  # what was asked for
REPORT = "report.json"  # comes last: the job is done
WORK = "work"  # what only a resumed job needs
STATE = "work/state.json"  # the finished stages
SCRATCH = ".sv3d-partial"  # of the stage that runs
LOCK = ".lock"  # held while a job is at work here


_LONGEST = 8 << 20  # bytes of a file that is read whole
_LONGEST_NAME = 255  # bytes, of most file systems
_NOT_IN_NAMES = frozenset('<>:"|?*/\\\x7f') | frozenset(
    map(chr, range(32))
)  # some systems read more than a name in them
_DEVICES = frozenset(
    (
        "con",
        "prn",
        "aux",
        "nul",
        "conin$",
        "conout$",
        *(f"{port}{i}" for port in ("com", "lpt") for i in "123456789¹²³"),
    )
)


def is_plain_name(name: str) -> bool:
    """Whether a file can have this name, and nothing but a file, on every system: no path, and no device of Windows."""
    return (
        0 < len(name.encode("utf-8", "replace")) <= _LONGEST_NAME
        and not _NOT_IN_NAMES & set(name)
        and name[-1] not in ". "  # Windows leaves them out; "." and ".." are among these
        and name.partition(".")[0].rstrip().lower() not in _DEVICES
    )


def inside(folder: Path, relative: str) -> Path | None:
    """``folder / relative`` if that is inside ``folder`` also after following links, else None."""
    try:
        path = (folder / relative).resolve()
    except (OSError, ValueError, RuntimeError):
        return None
    return path if folder.resolve() in path.parents else None


def json_object(folder: Path, name: str) -> dict[str, Any]:
    """The JSON object in a file of a job's folder; an empty one if there is none that can be read.

    A link that leads out of the folder, a pipe, which would never end, and a huge file count as none.
    """
    path = inside(folder, name)
    try:
        if path is None or not path.is_file() or path.stat().st_size > _LONGEST:
            return {}
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
