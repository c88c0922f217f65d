"""What a batch notes in each job folder: what was asked, of which source, and how it ended."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ..ground.files import write_json
from ..job.fingerprint import camera_files, content, frame_files, weight_content
from ..shared import protocol
from ..shared.errors import UserError

RECORD = "batch.json"
_VERSION = 1
_WHERE_AND_HOW = ("job", "out", "resume", "device", "memory", "download")  # of a request; none changes the result


@dataclass(frozen=True)
class Record:
    """``fingerprint`` is of all that was asked, the pictures' contents included; the rest is known once it is done."""

    fingerprint: str
    source: str
    done: bool = False
    seconds: float = 0.0
    card: str = ""
    notes: tuple[str, ...] = ()
    machine: str = ""


def read_record(folder: Path) -> Record | None:
    """The note in a job folder; None where there is none that can be read."""
    try:
        data: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        if data.pop("version") != _VERSION or data.keys() != {field.name for field in fields(Record)}:
            return None
        return Record(**{**data, "notes": tuple(data["notes"])})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def write_record(folder: Path, record: Record) -> None:
    """Note it, whole or not at all.  Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / RECORD, {"version": _VERSION, **asdict(record)})


def is_whole(folder: Path) -> bool:
    """Whether a finished job's files are still there: somebody may have taken the mesh away."""
    return all((folder / name).is_file() for name in ("report.json", "mesh.glb"))


def fingerprint(request: protocol.Job) -> str:
    """Of what a request asks for, wherever its files lie.  Raises UserError if they cannot be read."""
    try:
        return _digest(request)
    except OSError as error:
        raise UserError(
            f"{error.filename} cannot be read.", "Check that it is there, and that you may open it.", str(error)
        ) from error


def _digest(request: protocol.Job) -> str:
    said = {name: value for name, value in asdict(request).items() if name not in _WHERE_AND_HOW}
    cameras = Path(request.cameras) if request.cameras else None
    if isinstance(request, protocol.MeshJob):
        from ..orbit.other_tools import beside

        source = Path(request.frames)
        cameras = cameras or beside(source)  # as the job will
        home = source.parent if source.is_file() else source  # a film lies in it
        files = [(f"frame {os.path.relpath(file, home)}", file) for file in frame_files(source, cameras)]
    else:
        files = [("picture", Path(request.picture))]
    if cameras:
        files = [*(("cameras", file) for file in camera_files(cameras)), *files]
    digest = hashlib.sha256()
    for name in ("cameras", "frames", "picture", "weights"):
        said[name] = said.get(name) is not None  # by their contents instead
    digest.update(json.dumps([type(request).__name__, said], sort_keys=True).encode())
    for name, file in files:
        digest.update(f"\0{name}\0".encode())
        for data in content(file):
            digest.update(data)
    if isinstance(request, protocol.OrbitJob) and request.weights:
        for file in weight_files(Path(request.weights)):
            for data in weight_content(file):
                digest.update(data)
    return digest.hexdigest()


def weight_files(weights: Path) -> list[Path]:
    """The file itself, or the weights in a folder.  Of what is not there the job tells."""
    if not weights.exists():
        return []
    return sorted(weights.rglob("*.safetensors")) if weights.is_dir() else [weights]
