"""A job's stages that make an orbit: picture → orbit."""

import hashlib
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ..ground.device import resolve_device
from ..ground.files import reading
from ..ground.progress import Progress
from ..ground.torch_setup import seed_everything
from ..shared.crop import ORIGINAL
from ..shared.model_facts import orbit_seconds
from .job import Facts, PictureToOrbit

if TYPE_CHECKING:
    import torch

PICTURE = "picture.png"


def cut_out_picture(job: PictureToOrbit, out: Path, progress: Progress) -> Facts:
    from PIL import Image

    from ..picture.prepare import prepare_picture

    prepared = prepare_picture(
        job.picture,
        job.frame_size,
        background_model=job.background_model,
        download=job.download,
        progress=progress,
    )
    file = out / job.place / PICTURE
    file.parent.mkdir(exist_ok=True)
    Image.fromarray(prepared.rgba).save(file)
    Image.fromarray(prepared.original).save(file.with_name(ORIGINAL), compress_level=1)
    progress.preview("image", file)
    return {
        "picture_sha256": hashlib.sha256(job.picture.read_bytes()).hexdigest(),
        "cut_out_by": prepared.how,
        "background_model": prepared.model,
        "crop": asdict(prepared.crop),
        "notes": list(prepared.notes),
    }


def generate_orbit(job: PictureToOrbit, out: Path, progress: Progress, device: "torch.device") -> Facts:
    import numpy as np
    from PIL import Image

    from ..sv3d.generation.make_orbit import make_orbit
    from ..sv3d.generation.orbit_pictures import write_orbit

    seed = seed_everything(job.seed, "orbit")
    prepared = job.orbit_folder / PICTURE
    with reading(prepared), Image.open(prepared, formats=("PNG",)) as image:
        picture = np.array(image.convert("RGBA"))
    previews = out / ".previews" / "frames"
    previews.mkdir(parents=True)
    orbit = make_orbit(picture, job.poses, job.weights, job.sampling, device, seed, progress.part(0.0, 0.98), previews)
    shutil.rmtree(previews.parent)
    folder = out / job.place
    folder.mkdir(exist_ok=True)
    write_orbit(orbit.frames, job.poses, folder, progress.part(0.98, 1.0))
    progress.preview("orbit", folder / "frames")
    return {**orbit.facts, "notes": [*job.notes, *orbit.notes]}


def generation_seconds(job: PictureToOrbit) -> float:
    from ..sv3d.generation.make_orbit import sigmas_for

    return orbit_seconds(len(sigmas_for(job.sampling)) - 1, job.step_share, resolve_device(job.device_name).type)
