"""The way of the data: frames → field → mesh → asset → turntable.

Each stage reads what the ones before it left in the job folder and writes into the folder it is given, so that a
resumed job does exactly what an unbroken one does.  Heavy modules are imported when a stage runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..progress import Progress
from .job import Job
from .seed import seed_everything

Facts = dict[str, Any]  # for report.json: numbers, texts, lists and dicts of these


@dataclass(frozen=True)
class Stage:
    """One step of a job; ``run(job, out, progress)`` writes files into ``out`` as they shall lie in the job folder."""

    name: str
    title: str  # for the artist
    seconds: Mapping[str, float]  # expected on two CPU cores, by preset
    run: Callable[[Job, Path, Progress], Facts]


def _frames(job: Job, out: Path, progress: Progress) -> Facts:
    from ..frames.prepare import prepare_frames

    orbit = prepare_frames(job.source, job.cameras, job.elevation, out, progress, job.settings.fine_size)
    return {"count": len(orbit.views), "fov_deg": orbit.fov_deg, "distance": orbit.distance}


def _field(job: Job, out: Path, progress: Progress) -> Facts:
    from ..field import fit, store
    from ..frames.load import load_frames

    seed = seed_everything(job.seed, "field")
    field = fit.fit_field(load_frames(job.folder), job.settings, job.device, seed, progress)
    (out / "work").mkdir()
    store.save(field, out / "work" / "field.safetensors")
    return {}


def _mesh(job: Job, out: Path, progress: Progress) -> Facts:
    raise NotImplementedError


def _asset(job: Job, out: Path, progress: Progress) -> Facts:
    raise NotImplementedError


def _turntable(job: Job, out: Path, progress: Progress) -> Facts:
    raise NotImplementedError


STAGES = (
    Stage("frames", "Reading the frames", {"draft": 4, "standard": 6, "high": 12}, _frames),
    Stage("field", "Finding the rough shape", {"draft": 35, "standard": 150, "high": 300}, _field),
    Stage("mesh", "Refining shape, colour and light", {"draft": 50, "standard": 300, "high": 1200}, _mesh),
    Stage("asset", "Making the textured mesh", {"draft": 15, "standard": 60, "high": 180}, _asset),
    Stage("turntable", "Rendering the turntable", {"draft": 5, "standard": 15, "high": 40}, _turntable),
)
