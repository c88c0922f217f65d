"""From one picture to an orbit: picture → orbit."""

import shutil
from pathlib import Path

from ..network.cost import orbit_seconds
from ..progress import Progress
from .fingerprint import orbit_inputs, picture_inputs
from .job import PictureToOrbit
from .seed import seed_everything
from .stage import Facts, Stage

_PICTURE = "picture.png"


def _picture(job: PictureToOrbit, out: Path, progress: Progress) -> Facts:
    from PIL import Image

    from ..picture.prepare import prepare_picture

    prepared = prepare_picture(
        job.picture,
        job.frame_size,
        background_model=job.background_model,
        download=job.download,
        progress=progress,
    )
    file = out / job.place / _PICTURE
    file.parent.mkdir(exist_ok=True)
    Image.fromarray(prepared.rgba).save(file)
    progress.preview("image", file)
    return {"cut_out_by": prepared.how, "notes": list(prepared.notes)}


def _orbit(job: PictureToOrbit, out: Path, progress: Progress) -> Facts:
    import numpy as np
    from PIL import Image

    from ..generation.output import write_orbit
    from ..generation.run import make_orbit

    seed = seed_everything(job.seed, "orbit")
    with Image.open(job.orbit_folder / _PICTURE) as image:
        picture = np.array(image)
    previews = out / ".previews" / "frames"
    previews.mkdir(parents=True)
    orbit = make_orbit(
        picture, job.poses, job.weights, job.sampling, job.device, seed, progress.part(0.0, 0.98), previews
    )
    shutil.rmtree(previews.parent)
    folder = out / job.place
    folder.mkdir(exist_ok=True)
    write_orbit(orbit.frames, job.poses, folder, progress.part(0.98, 1.0))
    progress.preview("orbit", folder / "frames")
    return {**orbit.facts, "notes": [*job.notes, *orbit.notes]}


def _orbit_seconds(job: PictureToOrbit) -> float:
    from ..generation.run import sigmas_for

    return orbit_seconds(len(sigmas_for(job.sampling)) - 1, job.step_share, job.device.type)


ORBIT_STAGES = (
    Stage("picture", "Cutting out the object", lambda job: 3.0, _picture, picture_inputs),
    Stage("orbit", "Imagining the other sides", _orbit_seconds, _orbit, orbit_inputs),
)
