"""An orbit from a film or an animated picture: one turn of the object, frames picked evenly by angle."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow

from ...ground.progress import Progress
from ...orbit.cameras import CameraOrbit, View
from ...orbit.orbit_files import MIN_FRAMES, CameraFile, check_elevation, read_cameras
from ...picture.film import film_frames, film_size
from ...picture.given_alpha import without_opaque
from ...picture.matte import NotPlain, matte
from ...shared.errors import UserError
from ...shared.trajectory import SV3D_FOV_DEG, SV3D_FRAME_COUNT
from .hull import agreement
from .reading import MIN_SIDE, shrink
from .shots import Image, Shots
from .turn import best_law, find_turn, laws, picked

_SMALL = 64  # pixels a side of the pictures in which the turn is looked for
_LOOKED_AT = 720  # frames at most; of longer films every second, third …
_ALL = 48  # frames in a turn: no more than that are all used …
_PICKED = 36  # … and so many of them where there are more
_JUDGED = 24  # frames by which it is judged how evenly the object turns


def read_film(film: Path, cameras: Path | None, elevation: float, progress: Progress, max_size: int) -> Shots:
    """Pick and read a film's frames, at most ``max_size`` a side.  Raises UserError."""
    check_elevation(elevation, "the orbit")
    width, height = film_size(film)
    if min(width, height) < MIN_SIDE:
        raise UserError(f"The film {film.name} is too small: {width} × {height} pixels.", f"Use {MIN_SIDE}² or more.")
    numbers, small, count = _looked_through(film, progress.part(0.0, 0.5))
    if cameras is None:
        frames, azimuths, notes = _picked(film, numbers, small, elevation)
        views = _views([(elevation, azimuth) for azimuth in azimuths])
        described = CameraFile(SV3D_FOV_DEG, None, views, assumed=True)
    else:
        told = read_cameras(cameras)
        if len(told.views) != count:
            raise UserError(
                f"{cameras.name} lists {len(told.views)} frames, but the film {film.name} has {count}.",
                "Leave the cameras file out, or use one that has a camera for each frame.",
            )
        frames, notes = [i for i, view in enumerate(told.views) if view.weight > 0], []
        kept = tuple(replace(told.views[number], file=f"{i:03d}.png") for i, number in enumerate(frames))
        described = replace(told, views=kept)
    if width != height:
        notes = [f"The film has {width} × {height} pixels: its middle square is used.", *notes]
    summary = f"{len(frames)} of the {count} frames of {film.name}."
    progress(0.5, summary)
    rgb, alpha = _read(film, frames, progress.part(0.5, 1.0), max_size)
    names = tuple(f"frame {number} of {film.name}" for number in frames)
    return Shots(names, rgb, alpha, described, (), summary, tuple(notes))


def _views(angles: list[tuple[float, float]]) -> tuple[View, ...]:
    return tuple(View(f"{i:03d}.png", elevation, azimuth) for i, (elevation, azimuth) in enumerate(angles))


def _looked_through(film: Path, progress: Progress) -> tuple[list[int], NDArray[np.uint8], int]:
    """Numbers and small RGBA pictures (N, S, S, 4) of frames all through the film, and how many it has."""
    numbers: list[int] = []
    small: list[NDArray[np.uint8]] = []
    stride, count = 1, 0
    for number, frame in enumerate(film_frames(film)):
        count = number + 1
        if number % stride:
            continue
        progress(0.5, f"Looking through {film.name}")
        reduced = frame.resize((_SMALL, _SMALL), Pillow.Resampling.BOX, reducing_gap=2.0)
        numbers.append(number)
        small.append(np.asarray(reduced.convert("RGBA")))
        if len(numbers) > _LOOKED_AT:
            numbers, small, stride = numbers[::2], small[::2], 2 * stride
    if count < MIN_FRAMES:
        raise UserError(
            f"{film.name} holds {count or 'no'} {'picture' if count == 1 else 'pictures'}: it is no orbit.",
            f"Choose a film or an animated picture of at least {MIN_FRAMES} frames, or use it as a picture.",
        )
    return numbers, np.stack(small), count


def _picked(
    film: Path, numbers: list[int], small: NDArray[np.uint8], elevation: float
) -> tuple[list[int], list[float], list[str]]:
    """Numbers of the frames of one turn, their azimuths, and what is to be said."""
    values = small.astype(np.float32) / np.float32(255)
    colours, alpha = values[..., :3], values[..., 3:]
    turn = find_turn(colours * alpha + 1 - alpha)
    if turn is None or len(turn.moving) < MIN_FRAMES:
        raise UserError(
            f"The object in {film.name} does not turn: its pictures are all alike.",
            "Use a film in which the object turns once round, or the camera goes once round it.",
        )
    count = len(turn.moving)
    silhouettes = _silhouettes(values)
    name, law = "steady", laws(turn)["steady"]
    if silhouettes is not None:
        judge = partial(_agree, silhouettes, elevation)
        name, law = best_law(turn, min(_JUDGED, count), judge)
    chosen = np.arange(count) if count <= _ALL else picked(law, _PICKED)
    shares = law[chosen] + (1 / count if count == SV3D_FRAME_COUNT else 0)  # SV3D's last frame is the front
    notes = []
    if not turn.whole:
        notes.append("The film does not come back to its beginning; it is taken as one whole turn.")
    if turn.moving[-1] < len(numbers) - 2 - len(numbers) // 50:
        notes.append(f"The object has turned once by frame {numbers[turn.moving[-1]] + 1}; the rest is left out.")
    if name != "steady":
        notes.append("The object does not turn steadily, so frames were picked by how far it has turned.")
    frames = [numbers[turn.moving[i]] for i in chosen]
    return frames, [float(360 * share % 360) for share in shares], notes


def _silhouettes(values: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Alpha (N, S, S) of small frames (N, S, S, 4); None where their background is not plain."""
    if values[..., 3].min() < 0.5:
        return np.ascontiguousarray(values[..., 3])
    try:
        return np.stack([matte(frame[..., :3])[1] for frame in values])
    except NotPlain:
        return None


def _agree(
    silhouettes: NDArray[np.float32], elevation: float, frames: NDArray[np.intp], share: NDArray[np.float32]
) -> float:
    """How well frames at shares of the turn agree, whichever way it goes."""
    alpha = torch.from_numpy(silhouettes[frames])
    ways = ([(elevation, float(way * 360 * s)) for s in share] for way in (1, -1))
    return max(agreement(alpha, CameraOrbit(SV3D_FOV_DEG, 2.0, _views(way)), 48) for way in ways)


def _read(film: Path, frames: list[int], progress: Progress, max_size: int) -> tuple[list[Image], list[Image | None]]:
    wanted = set(frames)
    rgb: list[Image] = []
    alpha: list[Image | None] = []
    for number, frame in enumerate(film_frames(film)):
        if number in wanted:
            progress(len(rgb) / len(frames), f"Reading frame {number}")
            values = np.asarray(frame.convert("RGBA"), dtype=np.float32) / np.float32(255)
            opaque = frame.mode != "RGBA"
            own = None if opaque else values[..., 3].copy()
            colours, coverage = shrink(*without_opaque(values[..., :3].copy(), own), max_size)
            rgb.append(colours)
            alpha.append(coverage)
        if number >= frames[-1]:
            break
    return rgb, alpha
