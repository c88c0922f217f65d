"""Where results lie and what their folders are called; needs no Blender.

An index in the user's own data folder remembers every folder that has ever held results, and where results have been
moved, so that a list of them is whole whatever is installed, removed or chosen anew.
"""

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from itertools import count as count_from
from pathlib import Path
from uuid import uuid4

from ..sv3d_engine.shared.file_lock import held
from ..sv3d_engine.shared.user_folders import documents_folder, user_folder

BESIDE = "sv3d_results"  # the folder beside a .blend
SOURCE = "source"  # how copies of what a job starts from are named, in its folder

_JOB_NAME = re.compile(r"(?P<title>[\w-]{1,40})-(?P<time>\d{8}-\d{6})(?:-\d+)?")


def default_folder() -> Path:
    """Where results lie until the user chooses another folder; it need not exist."""
    return documents_folder() / "SV3D"


def refusal(folder: Path, doomed: Iterable[Path]) -> str:
    """Why results must not lie in ``folder``: Blender deletes the ``doomed`` ones.  Empty if they may."""
    if not folder.is_absolute():
        return "Choose a folder with its whole path, from the drive or the root on."
    try:
        place = folder.resolve()
        if any(place.is_relative_to(other.resolve()) for other in doomed):
            return "Blender deletes what lies there. Choose a folder of your own."
        nearest = next((p for p in (place, *place.parents) if p.exists()), None)
    except (OSError, RuntimeError, ValueError):  # a loop of links, a name that cannot be
        return "This folder cannot be opened. Choose another one."
    if nearest is None:  # Windows: no drive of that letter
        return "This disk is not there. Connect it, or choose another folder."
    return "" if nearest.is_dir() else "This is a file. Choose a folder."


def new_job_folder(parent: Path, name: str, now: datetime) -> Path:
    """A new folder in ``parent``, made here so that no other job, of this Blender or another, gets it as well.

    Raises OSError where none can be made.
    """
    safe = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)[:40].strip("_") or "orbit"
    name = f"{safe}-{now:%Y%m%d-%H%M%S}"
    parent.mkdir(parents=True, exist_ok=True)
    for folder in chain([parent / name], (parent / f"{name}-{count}" for count in count_from(2))):
        with suppress(FileExistsError):
            folder.mkdir()
            return folder
    raise AssertionError  # there is always another number


def is_job_name(name: str) -> bool:
    """Whether ``new_job_folder`` would name a folder so."""
    return _JOB_NAME.fullmatch(name) is not None


def job_title(name: str) -> str:
    """What the job in a folder of this name was called."""
    match = _JOB_NAME.fullmatch(name)
    return match["title"] if match else name


def job_time(name: str) -> float | None:
    """When a folder of this name was made, in seconds since the epoch, if the name tells."""
    if match := _JOB_NAME.fullmatch(name):
        with suppress(ValueError, OverflowError, OSError):  # digits that are no date
            return datetime.strptime(match["time"], "%Y%m%d-%H%M%S").timestamp()
    return None


# ---- the index --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Index:
    """Folders that hold or held results, the latest first, and where results have been moved: old path → new."""

    folders: tuple[Path, ...] = ()
    moved: dict[str, str] = field(default_factory=dict)


def index_file() -> Path:
    """Outside of what Blender deletes."""
    return user_folder("data") / "results.json"


def read_index(file: Path | None = None) -> Index:
    """What is remembered; nothing where the file is absent or damaged."""
    try:
        data = json.loads((file or index_file()).read_text(encoding="utf-8"))
        folders = [Path(f) for f in data["folders"] if isinstance(f, str) and Path(f).is_absolute()]
        moved = {o: n for o, n in data["moved"].items() if isinstance(o, str) and isinstance(n, str)}
        return Index(tuple(folders), moved)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Index()


def remember(folders: Iterable[Path] = (), moved: dict[str, str] | None = None, file: Path | None = None) -> None:
    """Add to the index.  Raises OSError where it cannot be written."""
    file = file or index_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    with held(file.with_suffix(".lock")):  # two Blenders at once: the second one's word may be lost, never the file
        before = read_index(file)
        now = Index(tuple(dict.fromkeys((*folders, *before.folders))), before.moved | (moved or {}))
        if now == before:
            return
        partial = file.with_suffix(f".{uuid4().hex}.part")
        text = json.dumps({"folders": [str(f) for f in now.folders], "moved": now.moved}, indent=1)
        partial.write_text(text + "\n", encoding="utf-8")
        partial.replace(file)
