"""Whether a finished stage may be kept: hashes of all that each stage depends on, but the device."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import __version__
from ..shared import model_catalogue as catalogue
from ..shared.errors import explain
from ..shared.frame_choice import choose_frames, named_frames
from ..shared.frame_folder import listed
from .job import FramesToMesh, Job, PictureToMesh, PictureToOrbit, Stage

_HASHED_WHOLE = 100 << 20  # bytes; no picture is larger, and a film that lies beside the frames is told by its size
_CHUNK = 1 << 20


def fingerprints(job: Job, stages: Sequence[Stage], poll: Callable[[], None]) -> list[str]:
    """A hash for each stage: of its own inputs, of those of all stages before it, and of the engine's version.

    ``poll`` is called often and may raise to stop.
    """
    digest = hashlib.sha256(__version__.encode())
    found = []
    for stage in stages:
        digest.update(f"\0{stage.name}\0".encode())
        try:
            for data in stage.inputs(job):
                poll()
                digest.update(data)
        except OSError as error:
            raise explain(error) from error
        found.append(digest.hexdigest())
    return found


def picture_inputs(job: PictureToOrbit) -> Iterator[bytes]:
    """Of stage "picture": the picture, and how it is cut out."""
    yield _said(place=job.place, size=job.frame_size, background_model=job.background_model, download=job.download)
    yield from content(job.picture)


def orbit_inputs(job: PictureToOrbit) -> Iterator[bytes]:
    """Of stage "orbit": weights, cameras, sampling and seed."""
    sampling = asdict(job.sampling)
    del sampling["memory"]  # changes the result no more than the device does
    yield _said(variant=job.variant, poses=job.poses, sampling=sampling, seed=job.seed)
    for file in job.weight_files:
        yield from weight_content(file)


# Which settings a later stage than "frames" is the first to read, and those that change no result.
_FIELD = ("coarse_steps", "coarse_size")
_MESH = ("grid_resolution", "fine_steps", "losses", "sweeps")
_GUIDE = ("sds", "distillation")
_TURNTABLE = ("turntable_size", "turntable_count")
_LATER = {*_FIELD, *_MESH, *_GUIDE, "material", "face_budget", "texture_size", *_TURNTABLE, "preset", "disk_bytes"}


def _settings(job: FramesToMesh, names: Iterable[str]) -> bytes:
    values = asdict(job.settings)
    return _said(settings={name: values[name] for name in names})


def frames_inputs(job: FramesToMesh) -> Iterator[bytes]:
    """Of stage "frames": the seed, its settings, and frames and cameras unless an earlier stage made them.

    Each setting that is not known to be a later stage's is its own, so that a new one is never overlooked.
    """
    yield _said(seed=job.seed)
    yield _settings(job, asdict(job.settings).keys() - _LATER)
    for file in normal_files(job.normals) if job.normals else ():
        yield _said(normals=file.name)
        yield from weight_content(file)
    if isinstance(job, PictureToMesh):
        return
    yield _said(search=job.search)
    if job.cameras is None:
        yield _said(elevation=job.elevation)
    else:
        for file in camera_files(job.cameras):
            yield from content(file)
    for file in frame_files(job.source, job.cameras):
        yield _said(file=os.path.relpath(file, job.source))
        yield from content(file)


def field_inputs(job: FramesToMesh) -> Iterator[bytes]:
    """Of stage "field": how long it is fitted, to how large pictures."""
    yield _settings(job, _FIELD)


def mesh_inputs(job: FramesToMesh) -> Iterator[bytes]:
    """Of stage "mesh": its work and losses, whether LPIPS is here, and how which network guides it, if one does."""
    yield _settings(job, _MESH)
    if job.settings.losses.perceptual:
        yield _said(lpips=catalogue.state(catalogue.LPIPS) == "ready")
    if job.guiding is None:
        return
    asked = {name: getattr(job.guiding, name) for name in ("guidance_scale", "camera_guidance", "precision")}
    asked |= {"light": job.light, "lit": job.settings.material != "baked"}  # it is shown the recovered colours
    yield _said(distillation=asdict(job.settings.distillation), **asked)
    for file in job.guiding.weight_files:
        yield from weight_content(file)


def material_inputs(job: FramesToMesh) -> Iterator[bytes]:
    """Of stage "material": which kind, and in which light."""
    yield _said(material=job.settings.material, light=job.light)


def asset_inputs(job: FramesToMesh) -> Iterator[bytes]:
    """Of stage "asset": how much of it."""
    yield _said(faces=job.settings.face_budget, texture=job.settings.texture_size)


def turntable_inputs(job: FramesToMesh) -> Iterator[bytes]:
    """Of stage "turntable": how many pictures, and how large."""
    yield _settings(job, _TURNTABLE)


def _said(**values: Any) -> bytes:
    return json.dumps(values, sort_keys=True).encode()


def weight_content(file: Path) -> Iterator[bytes]:
    """Of a file of weights.  Large ones are told by size, time and beginning: to read all 9 GB would take long.

    A small one has the same on every machine, also where it came with the engine at another time.
    """
    status = file.stat()
    yield _said(weights=file.name)
    if status.st_size <= _HASHED_WHOLE:
        yield from content(file)
        return
    yield _said(size=status.st_size, time=status.st_mtime_ns)
    with file.open("rb") as stream:
        yield stream.read(_CHUNK)  # the header, and more


def content(file: Path) -> Iterator[bytes]:
    """Of a picture or a small file: its bytes, after their number."""
    size = file.stat().st_size
    yield _said(size=size)
    if size <= _HASHED_WHOLE:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk


def normal_files(normals: Path) -> list[Path]:
    """What normals are told by: maps, or a network."""
    from ..reconstruction.frames.normal_files import map_files  # needs PyTorch, which doctor goes without

    return map_files(normals) if normals.is_dir() else [normals]


def camera_files(cameras: Path) -> tuple[Path, ...]:
    """What cameras are read from."""
    from ..orbit.other_tools import files_of, is_other_tool

    return files_of(cameras) if is_other_tool(cameras) else (cameras,)


def frame_files(folder: Path, cameras: Path | None) -> list[Path]:
    """The frames and their masks: other files (Thumbs.db, notes) come and go without changing the result."""
    from ..orbit.orbit_files import read_cameras  # needs PyTorch, which doctor goes without
    from ..orbit.other_tools import is_other_tool, read_other_tool, used_files

    if folder.is_file():
        return [folder]  # a film
    if cameras is not None and is_other_tool(cameras):
        return used_files(read_other_tool(cameras), folder)
    if cameras is None:
        choice = choose_frames(*listed(folder))
    else:
        choice = named_frames([view.file for view in read_cameras(cameras).views], *listed(folder))
    return [folder / name for name in (*choice.files, *choice.masks) if name]
