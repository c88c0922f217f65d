"""What is on disk of each job; needs no Blender, and believes nothing that a job folder says of other places."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.file_lock import is_held
from ...sv3d_engine.shared.job_files import LOCK, REPORT, REQUEST, STATE, WORK, inside, json_object
from ..result.provenance import DELIVERY
from ..results_folder import SOURCE, job_time, job_title

FAILURE = "failure.json"  # why a job failed, which the add-on notes beside what the engine leaves

_LARGEST_PICTURE = 64 << 20
_MOST_FILES = 20_000  # whose sizes are added up
_TEXT = 120  # characters of a name that are shown

# The best first: the mesh, the object cut out, a frame, and what was there before all of these.
_PICTURES = (
    *("turntable/000.png", "orbit/picture.png", "picture.png", "frames/020.png", "frames/000.png"),
    *("orbit/frames/020.png", f"{SOURCE}.png"),
)


class State(Enum):
    """Where a job on disk is."""

    DONE = "Done"
    RUNNING = "Working"
    FAILED = "Failed"
    STOPPED = "Stopped"


@dataclass(frozen=True)
class JobRecord:
    """One job folder, as it was when it was read."""

    folder: Path
    title: str
    time: float  # seconds since the epoch
    state: State
    request: protocol.Job | None  # as the folder tells it: see restoring.py; None if that is damaged
    makes_mesh: bool
    picture: Path | None
    picture_time: int  # nanoseconds; 0 without one
    stages_done: int
    stages: int
    size: int  # bytes
    spare: int  # of these, what Clean Up takes
    cause: str  # why it failed, if that is known
    is_doubt: bool  # nothing has failed: it waits for the artist's word
    signature: tuple[object, ...]  # changes whenever the rest may


def read_jobs(folders: Iterable[Path], known: Mapping[Path, JobRecord] | None = None) -> list[JobRecord]:
    """All jobs in these results folders, the latest first; those ``known`` that have not changed are not read again."""
    found: dict[Path, JobRecord] = {}
    for folder in _job_folders(folders):
        if folder not in found:
            with suppress(OSError):  # it has just been deleted, or may not be read
                found[folder] = _read_if_changed(folder, (known or {}).get(folder))
    return sorted(found.values(), key=lambda record: (-record.time, record.folder.name))


def read_job(folder: Path) -> JobRecord:
    """One job folder.  Raises OSError if it is gone."""
    return _read_if_changed(folder, None)


def is_job(folder: Path) -> bool:
    """Whether a folder is a job's."""
    return _is_file(folder, REQUEST) or (_is_file(folder, REPORT) and _has_result(folder))


def size_of(folder: Path) -> int:
    """Bytes of all files below ``folder``; links are not followed.  Of a huge folder, of its first files."""
    total, waiting, seen = 0, [] if folder.is_symlink() else [folder], 0
    while waiting and seen < _MOST_FILES:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                seen += 1
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    return total


def _job_folders(folders: Iterable[Path]) -> Iterator[Path]:
    for parent in folders:
        with suppress(OSError), os.scandir(parent) as entries:
            for entry in entries:
                # A link could lead anywhere, and what starts with a dot is on its way to be deleted or moved.
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                    folder = parent / entry.name
                    if is_job(folder):
                        yield folder


def _read_if_changed(folder: Path, known: JobRecord | None) -> JobRecord:
    running = is_held(folder / LOCK)
    times = [_time(folder / name) for name in ("", REQUEST, REPORT, STATE, WORK, FAILURE, DELIVERY)]
    signature = (running, *times)
    if known is not None and known.signature == signature:
        return known
    return _read(folder, running=running, signature=signature)


def _read(folder: Path, *, running: bool, signature: tuple[object, ...]) -> JobRecord:
    fields = json_object(folder, REQUEST)
    try:
        request = protocol.decode_job(fields)
    except protocol.ProtocolError:  # damaged, or of another version
        request = None
    done = not running and _is_file(folder, REPORT) and _has_result(folder)
    # A note older than the last finished stage is of an earlier run.
    failure = json_object(folder, FAILURE) if _time(folder / FAILURE) >= _time(folder / STATE) else {}
    state = (
        State.RUNNING if running else State.DONE if done else State.FAILED if failure.get("cause") else State.STOPPED
    )
    title = json_object(folder, DELIVERY).get("title")
    made = job_time(folder.name)
    stages, picture = stages_of(request), _picture(folder)
    return JobRecord(
        folder=folder,
        title=_shown(title) or _shown(job_title(folder.name)),
        time=folder.stat().st_mtime if made is None else made,
        state=state,
        request=request,
        makes_mesh=type(request) is not protocol.OrbitJob if request else _is_file(folder, "mesh.glb"),
        picture=picture,
        picture_time=_time(picture) if picture else 0,
        stages_done=len(stages) if done else min(_finished(folder), len(stages)),
        stages=len(stages),
        size=size_of(folder),
        spare=size_of(folder / WORK) if done else 0,
        cause=_shown(failure.get("cause")) if state is State.FAILED else "",
        is_doubt=state is State.FAILED and failure.get("is_doubt") is True,
        signature=signature,
    )


def stages_of(request: protocol.Job | None) -> tuple[str, ...]:
    """The stages a job goes through."""
    if isinstance(request, protocol.MeshJob):
        return protocol.STAGE_NAMES[2:]
    return protocol.STAGE_NAMES[:2] if type(request) is protocol.OrbitJob else protocol.STAGE_NAMES


def _has_result(folder: Path) -> bool:
    """Whether there is what is brought into a scene."""
    frames = inside(folder, "frames")
    return _is_file(folder, "cameras.json") and frames is not None and frames.is_dir()


def _finished(folder: Path) -> int:
    records = json_object(folder, STATE).get("records")
    return len(records) if isinstance(records, list) else 0


def _picture(folder: Path) -> Path | None:
    for name in _PICTURES:
        path = inside(folder, name)
        with suppress(OSError):
            if path and path.is_file() and 0 < path.stat().st_size <= _LARGEST_PICTURE:
                return path
    return None


def _is_file(folder: Path, name: str) -> bool:
    path = inside(folder, name)
    return path is not None and path.is_file()


def _time(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _shown(text: object) -> str:
    """A text from outside as one short line."""
    if not isinstance(text, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_TEXT]
