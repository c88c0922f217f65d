"""What a job is asked to do, checked before any work starts."""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from ..errors import UserError
from ..protocol import MeshJob
from .device import check_device, resolve_device
from .settings import PRESETS, Settings

if TYPE_CHECKING:
    import torch

_HASHED_WHOLE = 100 << 20  # bytes; no frame is larger, and a film that lies beside the frames is told by its size
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Job:
    """What every stage reads; ``folder`` is the job folder, where finished stages left their files."""

    name: str
    source: Path  # the artist's frames
    cameras: Path | None
    elevation: float  # degrees
    folder: Path
    settings: Settings
    device_name: str
    seed: int

    @property
    def device(self) -> "torch.device":
        return resolve_device(self.device_name)


def job_from_request(request: MeshJob) -> Job:
    """Check a request against this machine's files and devices.  Raises UserError; writes nothing."""
    source, out = _absolute(request.frames, "frames"), _absolute(request.out, "output")
    if not source.is_dir():
        raise UserError(f"There is no folder {source}.", "Choose the folder that holds the orbit's frames.")
    if source == out or out in source.parents:
        raise UserError(
            "The frames lie inside the output folder, where the job would write over them.",
            "Choose another output folder.",
            f"frames: {source}, output: {out}",
        )
    cameras = _absolute(request.cameras, "cameras") if request.cameras is not None else None
    if cameras is not None and not cameras.is_file():
        raise UserError(f"There is no cameras file {cameras}.", "Check its name and folder.")
    if not math.isfinite(request.elevation):
        raise UserError("The elevation is not a number.", "Give the orbit's elevation in degrees, for example 10.")
    if not 0 <= request.seed < 2**63:
        raise UserError(f"The seed {request.seed} is not usable.", "Use a whole number from 0 upwards.")
    check_device(request.device)
    return Job(
        request.job, source, cameras, request.elevation, out, PRESETS[request.preset], request.device, request.seed
    )


def fingerprint(job: Job, poll: Callable[[], None]) -> str:
    """Hash of all that a job's result depends on but the device: frames, cameras, settings, seed, engine version.

    ``poll`` is called often and may raise to stop.
    """
    asked = {
        "engine": __version__,
        "elevation": job.elevation if job.cameras is None else None,
        "settings": asdict(job.settings),
        "seed": job.seed,
    }
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode())
    try:
        files = _frame_files(job)
        for file in [job.cameras, *files] if job.cameras else files:
            name = "cameras" if file == job.cameras else file.name
            size = file.stat().st_size
            digest.update(f"\0{name}\0{size}\0".encode("utf-8", "surrogateescape"))
            if size <= _HASHED_WHOLE:
                with file.open("rb") as stream:
                    while chunk := stream.read(_CHUNK):
                        poll()
                        digest.update(chunk)
    except OSError as error:
        raise UserError(
            f"The frames in {job.source} cannot be read.", "Check that you may open these files.", str(error)
        ) from error
    return digest.hexdigest()


def _frame_files(job: Job) -> list[Path]:
    """What may be a frame: other files (Thumbs.db, notes) come and go without changing the result."""
    from ..frames.sequence import PICTURE_SUFFIXES  # these need PyTorch, which doctor goes without
    from ..orbit.file import read_cameras

    files = sorted(p for p in job.source.iterdir() if p.is_file() and not p.name.startswith("."))
    if job.cameras is None:
        return [p for p in files if p.suffix.lower() in PICTURE_SUFFIXES]
    listed = {view.file for view in read_cameras(job.cameras).views}
    return [p for p in files if p.name in listed]


def _absolute(path: str, what: str) -> Path:
    if not path or "\0" in path:
        raise UserError(f"The {what} path is empty or not a path.", "Choose it again.", repr(path))
    try:
        return Path(path).expanduser().resolve()
    except (OSError, RuntimeError) as error:  # a loop of links, an unknown ~user
        raise UserError(f"{path} cannot be opened.", "Choose another path.", str(error)) from error
