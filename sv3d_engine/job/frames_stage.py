"""A job's stage that reads the frames: which they are, from where they were taken, how far they can be trusted."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..ground.progress import Progress
from ..shared.errors import UserError
from ..shared.model_facts import NOTE
from .job import Facts, FramesToMesh, PictureToMesh
from .orbit_stages import PICTURE

if TYPE_CHECKING:
    from ..reconstruction.frames.frames import Frames


def read_frames(job: FramesToMesh, out: Path, progress: Progress) -> Facts:
    from ..reconstruction.frames.preparation import prepare_frames

    picture = job.orbit_folder / PICTURE if isinstance(job, PictureToMesh) else None
    preparing = progress.part(0.0, 0.5) if job.normals else progress
    try:
        prepared = prepare_frames(
            job.source, job.cameras, job.elevation, out, preparing, job.settings.fine_size, job.search, picture
        )
    except UserError as error:
        raise (_not_one_object(job, error) if isinstance(job, PictureToMesh) else error) from error
    for doubt in prepared.doubts:
        progress.doubt(doubt)
    orbit = prepared.orbit
    told = _told_normals(job.normals, out, progress.part(0.5, 1.0)) if job.normals else ()
    return {
        "chosen": prepared.chosen,
        "count": len(orbit.views),
        "rejected": sum(view.weight == 0 for view in orbit.views),
        "fov_deg": orbit.fov_deg,
        "distance": orbit.distance,
        "to_world": prepared.to_world,
        "doubts": list(prepared.doubts),
        "notes": [*prepared.doubts, *prepared.notes, *told],
    }


def _told_normals(given: Path, out: Path, progress: Progress) -> tuple[str, ...]:
    """Write what is told of the prepared frames' normals beside them; returns notes."""
    from ..reconstruction.frames.frames import NORMALS, load_frames
    from ..reconstruction.frames.told_normals import normal_source, save_normals, told_normals

    frames = load_frames(out, rejected=True)
    told = told_normals(frames, normal_source(given), progress)
    save_normals(told.normals, [view.file for view in frames.orbit.views], out / NORMALS)
    return told.notes


def _not_one_object(job: PictureToMesh, error: UserError) -> UserError:
    """What is wrong with frames that the artist did not make, and so cannot put right."""
    better = "the official SV3D weights, " if NOTE in job.notes else ""
    return UserError(
        "The orbit that SV3D made does not show one solid object from all sides, so it cannot become a mesh.",
        f"Look at {job.orbit_folder / 'contact_sheet.png'}; try {better}another seed, elevation or picture.",
        f"{error}\n{error.details}",
    )


# Steps, priors and grids are tuned in units in which frames are this wide where the object stands, whatever the
# artist's own units and lens are.
WORKING_WIDTH = 1.4


def working_frames(job: FramesToMesh, normals: bool = False) -> tuple["Frames", float]:
    """The frames with their cameras where they see WORKING_WIDTH, and how many of the artist's units one such is.

    With ``normals``, if any were told.
    """
    from ..reconstruction.frames.frames import load_frames

    frames = load_frames(job.folder, normals=normals and job.normals is not None)
    distance = WORKING_WIDTH / (2 * frames.orbit.tan_half_fov)
    return replace(frames, orbit=replace(frames.orbit, distance=distance)), frames.orbit.distance / distance
