"""The frames stage: an artist's orbit folder to a job's checked, matted, normalised frames."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ...ground.progress import Progress
from ...orbit.cameras import CameraOrbit, View, static_orbit
from ...orbit.orbit_files import CameraFile, check_elevation, read_cameras, write_cameras, write_frames
from ...picture.matte import NotPlain, matte
from ...picture.prepare import to_bytes
from ...shared.errors import UserError, explain
from .hull import agreement, fit_distance
from .reading import list_folder, orbit_files, read_frame, shrink

Image = NDArray[np.float32]


def matte_orbit(
    rgb: list[Image], alpha: list[Image | None], names: list[str], progress: Progress
) -> NDArray[np.uint8]:  # (N, S, S, 4) straight alpha, white where it is 0
    """Give every frame (S, S, 3) an alpha (S, S): its own, or a matte from its plain background.  Raises UserError."""
    frames = []
    for i, (colours, coverage, name) in enumerate(zip(rgb, alpha, names, strict=True)):
        progress(i / len(rgb), f"Matting {name}")
        frame = _from_paper(colours, name) if coverage is None else (colours, coverage)
        if not (frame[1] > 0.5).any():
            raise UserError(f"The frame {name} is empty.", "Render it again, with the object in the middle.")
        frames.append(to_bytes(*frame))
    return np.stack(frames)


def _from_paper(rgb: Image, name: str) -> tuple[Image, Image]:
    try:
        return matte(rgb)
    except NotPlain:
        raise UserError(
            f"The background of {name} is not plain, so the object cannot be told from it.",
            "Use frames with a transparent or a plain white background.",
        ) from None


_REFERENCE_DISTANCE = 2.0
_LEAST_AGREEMENT = 0.75
_SPARE_BYTES = 64 << 20  # what the later stages need at the very least


def prepare_frames(
    source: Path, cameras: Path | None, elevation: float, out: Path, progress: Progress, max_size: int
) -> CameraOrbit:
    """Write ``out/frames/000.png …`` (RGBA, straight alpha, square, at most ``max_size``) and ``out/cameras.json``.

    Everything is read and checked first; a UserError leaves ``out`` as it was.  Without ``cameras`` the frames are a
    static orbit at ``elevation`` degrees.
    """
    files, described = _describe(source, cameras, elevation)
    with _output_folder(out):
        rgb, alpha = _read_frames(files, progress.part(0.0, 0.4), max_size)
        views = tuple(View(f"{i:03d}.png", v.elevation, v.azimuth) for i, v in enumerate(described.views))
        described = CameraFile(described.fov_deg, described.distance, views)
        frames = matte_orbit(rgb, alpha, [f.name for f in files], progress.part(0.4, 0.8))
        orbit = _fit(frames, described)
        _write(frames, orbit, out, progress.part(0.8, 1.0))
    return orbit


def _describe(source: Path, cameras: Path | None, elevation: float) -> tuple[list[Path], CameraFile]:
    """The frames' files and cameras, in the same order."""
    if cameras is None:
        check_elevation(elevation, "the orbit")
        files = orbit_files(source)
        orbit = static_orbit(elevation, _REFERENCE_DISTANCE, len(files))
        return files, CameraFile(orbit.fov_deg, None, orbit.views)
    described = read_cameras(cameras)
    present = {p.name for p in list_folder(source)}
    missing = [v.file for v in described.views if v.file not in present]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise UserError(
            f"{cameras.name} lists {missing[0]}{more}, but {source} holds no such picture.",
            "Choose the folder that the cameras file belongs to, or correct the names in it.",
            ", ".join(missing),
        )
    return [source / v.file for v in described.views], described


def _read_frames(
    files: list[Path], progress: Progress, max_size: int
) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32] | None]]:
    """sRGB (S, S, 3) and straight alpha (S, S) or None of each file, all of one size."""
    rgb: list[NDArray[np.float32]] = []
    alpha: list[NDArray[np.float32] | None] = []
    size = None
    for i, file in enumerate(files):
        progress(i / len(files), f"Reading {file.name}")
        picture = read_frame(file)
        size = size or len(picture.rgb)
        if len(picture.rgb) != size:
            raise UserError(
                f"The frames differ in size: {files[0].name} is {size}², {file.name} is {len(picture.rgb)}².",
                "Render all frames of the orbit at one size.",
            )
        colours, coverage = shrink(picture.rgb, picture.alpha, max_size)
        rgb.append(colours)
        alpha.append(coverage)
    return rgb, alpha


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
    return described.orbit(round(distance, 6))


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


def _write(frames: NDArray[np.uint8], orbit: CameraOrbit, out: Path, progress: Progress) -> None:
    if shutil.disk_usage(out).free < frames.nbytes + _SPARE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    write_frames(frames, [view.file for view in orbit.views], out / "frames", progress)
    write_cameras(orbit, out / "cameras.json")
    for view in orbit.views:
        progress.preview("frame", out / "frames" / view.file)
