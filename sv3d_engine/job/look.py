"""A look at an orbit's frames before a mesh is made of them: which they are, and from where they see the object."""

import tempfile
from dataclasses import replace
from pathlib import Path

from ..ground.progress import Progress
from ..shared import protocol
from .job import FramesToMesh
from .request import job_from_request

_NOWHERE = "sv3d-look"  # a job's folder that is never made


def look(request: protocol.MeshJob, progress: Progress) -> protocol.Looked:
    """Read the frames and find their cameras as the job would.  Raises UserError where it would."""
    from ..reconstruction.frames.preparation import look_at_frames

    job = job_from_request(replace(request, out=str(Path(tempfile.gettempdir(), _NOWHERE))))
    assert isinstance(job, FramesToMesh)
    size = job.settings.fine_size
    seen, _ = look_at_frames(job.source, job.cameras, job.elevation, progress, size, job.search)
    views = [view for view in seen.orbit.views if view.weight > 0]
    return protocol.Looked(
        request.job,
        seen.chosen,
        seen.orbit.fov_deg,
        seen.orbit.distance,
        tuple(view.elevation for view in views),
        tuple(view.azimuth for view in views),
        seen.notes,
        seen.doubts,
        tuple(view.away * seen.orbit.distance for view in views) if any(view.away != 1 for view in views) else (),
    )


def as_text(looked: protocol.Looked) -> str:
    """The same for a terminal."""
    rise = [f"{angle:.0f}°" for angle in (min(looked.elevations), max(looked.elevations))]
    seen = f"Elevation {' to '.join(dict.fromkeys(rise))}, field of view {looked.fov_deg:.0f}°."
    lines = [looked.chosen, seen, *(f"Doubtful: {doubt}" for doubt in looked.doubts)]
    return "\n".join([*lines, *(f"Note: {note}" for note in looked.notes)])
