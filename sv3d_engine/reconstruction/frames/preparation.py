"""The frames stage: an artist's orbit folder to a job's checked, matted, normalised frames."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from ...ground.progress import Progress
from ...orbit.cameras import CameraOrbit
from ...orbit.orbit_files import CameraFile, in_figures, write_cameras, write_frames
from ...orbit.other_tools import is_other_tool
from ...picture.prepare import to_bytes
from ...shared.errors import UserError, explain
from .dissent import weighed
from .film_orbit import read_film
from .found_cameras import CameraSearch, Found, NoTurnError, find_cameras
from .holes import with_agreed_holes
from .hull import agreement, fit_distance
from .matting import Matted, matte_orbit
from .origins import Origin, moved, write_origins
from .photo_orbit import read_photo_orbit
from .refined_cameras import refine_cameras
from .shots import Shots, read_folder, read_rejected
from .square import squared
from .true_picture import with_picture

Image = NDArray[np.float32]

_REFERENCE_DISTANCE = 2.0
_LEAST_AGREEMENT = 0.75
_SPARE_BYTES = 64 << 20  # what the later stages need at the very least


@dataclass(frozen=True)
class Prepared:
    """What prepare_frames hands on beside the files."""

    orbit: CameraOrbit
    chosen: str  # which frames they are: a sentence
    notes: tuple[str, ...]  # what the artist should know: sentences
    doubts: tuple[str, ...] = ()  # why the mesh may come out wrong: sentences
    to_world: list[list[float]] | None = None  # 4 × 4, from the orbit's space to that of another tool's cameras
    origins: tuple[Origin, ...] = ()  # where each frame comes from


def prepare_frames(
    source: Path,
    cameras: Path | None,
    elevation: float,
    out: Path,
    progress: Progress,
    max_size: int,
    search: CameraSearch = "used",
    picture: Path | None = None,
) -> Prepared:
    """Write ``out/frames/000.png …`` (RGBA, straight alpha, square, at most ``max_size``) and ``out/cameras.json``.

    Everything is read and checked first; a UserError leaves ``out`` as it was.  Without ``cameras`` the frames are a
    static orbit at ``elevation`` degrees; they may be another tool's.  What becomes of cameras that the frames agree
    with clearly better is told by ``search``.  Of imagined frames the last gives way to ``picture``, which it shows.  A
    rejected frame, of weight 0, has no say, whatever it shows; if it can be read it keeps its place, so that the artist
    can look at it and take it back.
    """
    with _output_folder(out):
        prepared, frames = look_at_frames(
            source, cameras, elevation, progress.part(0.0, 0.8), max_size, search, picture=picture
        )
        _write(frames, prepared, out, progress.part(0.8, 1.0))
    return prepared


def look_at_frames(
    source: Path,
    cameras: Path | None,
    elevation: float,
    progress: Progress,
    max_size: int,
    search: CameraSearch = "used",
    *,
    picture: Path | None = None,
) -> tuple[Prepared, NDArray[np.uint8]]:  # and frames (N, S, S, 4)
    """The same without a file written: which frames there are, their cameras, and what is to be said of both."""
    shots = _read(source, cameras, elevation, progress.part(0.0, 0.4), max_size)
    given = shots.described.orbit(shots.described.distance or _REFERENCE_DISTANCE)
    matted = matte_orbit(shots.rgb, shots.alpha, shots.names, progress.part(0.4, 0.6), given)
    if picture:
        matted, shots = _with_picture(matted, shots, picture)
    doubts = (*shots.doubts, *matted.doubts)
    found = Found(matted.frames, shots.described, ())
    if search != "none":
        with _doubts_named(doubts):
            found = find_cameras(
                found.frames,
                found.described,
                progress.part(0.6, 0.75),
                as_given=search == "told",
                surveyed=shots.world is not None or shots.described.to_world is not None,
            )
    frames, agreed = _agreed(found, matted, shots, progress.part(0.75, 0.8))
    distance = found.described.distance or _REFERENCE_DISTANCE
    comparing = progress.part(0.8, 0.85)
    compared = weighed(frames, found.described, distance, shots.names, comparing)
    frames, described = compared.frames, compared.described
    refined: tuple[str, ...] = ()
    if found.described is not shots.described:  # by outlines alone, which leave some azimuths open
        described, refined = refine_cameras(frames, described, distance, progress.part(0.85, 1.0))
    origins = [
        Origin(name, None) if shots.again else moved(name, found.straightening.matrix, aside)
        for name, aside in zip(shots.names, compared.aside, strict=True)
    ]
    frames, orbit = _with_rejected(frames, _fit(frames, described), source, shots, origins)
    notes = (*shots.notes, *matted.notes, *found.notes, *agreed, *compared.notes, *refined)
    to_world = _to_world(shots, orbit.distance) if found.described is shots.described else None
    return Prepared(orbit, shots.summary, notes, doubts, to_world, tuple(origins)), frames


def _to_world(shots: Shots, distance: float) -> list[list[float]] | None:
    """The way back to another tool's cameras, which an earlier job may have told beside the distance that it is for."""
    if shots.world is not None:
        return shots.world.matrix(distance)
    return shots.described.to_world if shots.described.distance is not None else None


def _read(source: Path, cameras: Path | None, elevation: float, progress: Progress, max_size: int) -> Shots:
    if cameras is None or not is_other_tool(cameras):
        read = read_film if source.is_file() else read_folder
        return read(source, cameras, elevation, progress, max_size)
    if source.is_file():
        raise UserError(
            f"The cameras of {cameras.name} belong to pictures, not to the film {source.name}.",
            "Give the folder of the pictures that they were found with, or leave the cameras out.",
        )
    return read_photo_orbit(source, cameras, progress, max_size)


def _with_picture(matted: Matted, shots: Shots, picture: Path) -> tuple[Matted, Shots]:
    """The same with the true picture for the last frame, if that shows it."""
    true = with_picture(matted.frames, picture)
    if not true.taken:
        return matted, shots
    *views, last = shots.described.views
    described = replace(shots.described, views=(*views, replace(last, true=True)))
    shots = replace(shots, described=described, alpha=[*shots.alpha[:-1], None])
    return replace(matted, frames=true.frames, cuts=(*matted.cuts[:-1], None)), shots


def _agreed(
    found: Found, matted: Matted, shots: Shots, progress: Progress
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The frames with holes that all agree on, and notes on these."""
    orbit = found.described.orbit(found.described.distance or _REFERENCE_DISTANCE)
    solid = [ndimage.binary_fill_holes(frame[..., 3] > 127) for frame in found.frames]
    silhouettes = torch.from_numpy(np.stack(solid)).float()
    given = [None if own is None else name for own, name in zip(shots.alpha, shots.names, strict=True)]
    agreed = with_agreed_holes(
        matted.frames, shots.rgb, matted.cuts, silhouettes, orbit, found.straightening, given, progress
    )
    if not agreed.notes:
        return found.frames, ()
    return found.straightening.again(agreed.frames, shots.described.fov_deg), agreed.notes


def _with_rejected(
    frames: NDArray[np.uint8], orbit: CameraOrbit, source: Path, shots: Shots, origins: list[Origin]
) -> tuple[NDArray[np.uint8], CameraOrbit]:
    """The frames and cameras with those of weight 0 between them, as far as they can be read; and ``origins`` alike."""
    pictures, views, lost = list(frames), list(orbit.views), 0
    for place, view in shots.rejected:
        picture = read_rejected(source / view.file, frames.shape[1])
        if picture is None:
            lost += 1
        else:
            pictures.insert(place - lost, squared(to_bytes(*picture), frames.shape[1]))
            views.insert(place - lost, view)
            origins.insert(place - lost, Origin(view.file))
    return np.stack(pictures), replace(orbit, views=tuple(replace(v, file=f"{i:03d}.png") for i, v in enumerate(views)))


def _fit(frames: NDArray[np.uint8], described: CameraFile) -> CameraOrbit:
    """The cameras with the distance they give, or else one that makes the object's longest side 1."""
    alpha = torch.from_numpy(frames[..., 3] / np.float32(255))
    orbit = described.orbit(described.distance or _REFERENCE_DISTANCE)
    fit = agreement(alpha, orbit)
    distance = described.distance or fit_distance(alpha, orbit)
    if fit < _LEAST_AGREEMENT or distance is None:
        raise UserError(
            "The frames and the cameras do not fit together: no shape could look like this from all sides.",
            "Check the order of the frames, the angles in the cameras file, and that the camera goes round "
            "counter-clockwise seen from above.",
            f"The common shape fills {fit:.0%} of the silhouettes.",
        )
    return described.orbit(in_figures(distance))


@contextmanager
def _doubts_named(doubts: tuple[str, ...]) -> Iterator[None]:
    """Let an error in here say what is wrong with the frames anyway, which is its likely cause."""
    try:
        yield
    except UserError as error:
        if not doubts or isinstance(error, NoTurnError):
            raise
        raise UserError(f"{error.cause} {' '.join(doubts)}", error.remedy, error.details) from error


@contextmanager
def _output_folder(out: Path) -> Iterator[None]:
    """Make ``out`` if need be and see that it can be written; if the work fails, remove what was made."""
    made = [p for p in (out, *out.parents) if not p.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
        yield
    except BaseException as error:
        for folder in made:
            with suppress(OSError):  # not empty: somebody else's
                folder.rmdir()
        if isinstance(error, OSError):
            raise explain(error) from error
        raise


def _write(frames: NDArray[np.uint8], prepared: Prepared, out: Path, progress: Progress) -> None:
    orbit = prepared.orbit
    if shutil.disk_usage(out).free < frames.nbytes + _SPARE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    files = [view.file for view in orbit.views]
    write_frames(frames, files, out / "frames", progress)
    write_origins(prepared.origins, files, out)
    write_cameras(orbit, out / "cameras.json", prepared.to_world)
    for view in orbit.views:
        progress.preview("frame", out / "frames" / view.file)
