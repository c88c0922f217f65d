"""An orbit from a film or an animated picture: one turn of the object, frames picked evenly by angle."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from ...ground.progress import Progress
from ...ground.torch_setup import one_thread
from ...orbit.cameras import View
from ...orbit.orbit_files import MIN_FRAMES, CameraFile, check_elevation, read_cameras
from ...picture.film import film_frames, film_size
from ...picture.given_alpha import without_opaque
from ...shared.errors import UserError
from ...shared.trajectory import SV3D_FOV_DEG, SV3D_FRAME_COUNT
from .film_part import turning_part
from .reading import MIN_SIDE, shrink
from .shots import Image, Shots
from .turn import Reading, best_reading, comes_back, picked, possible_turns
from .turn_judge import judge_of

_SMALL = 64  # pixels a side of the pictures in which the turn is looked for
_LOOKED_AT = 240  # frames at most; of longer films every second, fourth …: smaller changes drown in compression
_ALL = 48  # frames in a turn: no more than that are all used …
_PICKED = 36  # … and so many of them where there are more
_JUDGED = 16  # frames by which it is judged how evenly the object turns
_MOST_OF_IT = 300.0  # degrees round the object, from which on what is not seen is no doubt


def read_film(film: Path, cameras: Path | None, elevation: float, progress: Progress, max_size: int) -> Shots:
    """Pick and read a film's frames, at most ``max_size`` a side.  Raises UserError."""
    check_elevation(elevation, "the orbit")
    width, height = film_size(film)
    if min(width, height) < MIN_SIDE:
        raise UserError(f"The film {film.name} is too small: {width} × {height} pixels.", f"Use {MIN_SIDE}² or more.")
    glance = _looked_through(film, progress.part(0.0, 0.4))
    notes = list(glance.notes)
    doubts: tuple[str, ...] = ()
    if cameras is None:
        frames, azimuths, told, doubts = _picked(film, glance, elevation, progress.part(0.4, 0.5))
        notes += told
        views = tuple(View(f"{i:03d}.png", elevation, azimuth) for i, azimuth in enumerate(azimuths))
        described = CameraFile(SV3D_FOV_DEG, None, views, assumed=True)
    else:
        told_cameras = read_cameras(cameras)
        if len(told_cameras.views) != glance.count:
            raise UserError(
                f"{cameras.name} lists {len(told_cameras.views)} frames, but the film {film.name} has {glance.count}.",
                "Leave the cameras file out, or use one that has a camera for each frame.",
            )
        frames = [i for i, view in enumerate(told_cameras.views) if view.weight > 0]
        kept = tuple(replace(told_cameras.views[number], file=f"{i:03d}.png") for i, number in enumerate(frames))
        described = replace(told_cameras, views=kept)
    if width != height:
        notes = [f"The film has {width} × {height} pixels: its middle square is used.", *notes]
    summary = f"{len(frames)} of the {glance.count} frames of {film.name}."
    progress(0.5, summary)
    rgb, alpha = _read(film, frames, progress.part(0.5, 1.0), max_size)
    names = tuple(f"frame {number} of {film.name}" for number in frames)
    return Shots(names, rgb, alpha, described, (), summary, tuple(notes), doubts=doubts)


@dataclass(frozen=True)
class _Glance:
    """A film as it is looked through."""

    numbers: NDArray[np.intp]  # (N,) of the frames that were looked at
    seconds: NDArray[np.float32]  # (N,) at which they are shown
    small: NDArray[np.uint8]  # (N, S, S, 4) RGBA
    count: int  # of all its frames
    notes: tuple[str, ...]


def _looked_through(film: Path, progress: Progress) -> _Glance:
    """Frames all through the film."""
    numbers: list[int] = []
    seconds: list[float] = []
    small: list[NDArray[np.uint8]] = []
    notes: dict[str, None] = {}  # each once
    stride, count = 1, 0
    for number, frame in enumerate(film_frames(film)):
        count = number + 1
        notes |= dict.fromkeys(frame.notes)
        if number % stride:
            continue
        progress(0.5, f"Looking through {film.name}")
        reduced = frame.image.resize((_SMALL, _SMALL), Pillow.Resampling.BOX, reducing_gap=2.0)
        numbers.append(number)
        seconds.append(frame.seconds)
        small.append(np.asarray(reduced.convert("RGBA")))
        if len(numbers) > _LOOKED_AT:
            numbers, seconds, small, stride = numbers[::2], seconds[::2], small[::2], 2 * stride
    if count < MIN_FRAMES:
        raise UserError(
            f"{film.name} holds {count or 'no'} {'picture' if count == 1 else 'pictures'}: it is no orbit.",
            f"Choose a film or an animated picture of at least {MIN_FRAMES} frames, or use it as a picture.",
        )
    return _Glance(np.array(numbers), np.array(seconds, np.float32), np.stack(small), count, tuple(notes))


def _picked(
    film: Path, glance: _Glance, elevation: float, progress: Progress
) -> tuple[list[int], list[float], tuple[str, ...], tuple[str, ...]]:
    """Numbers of the frames of one turn, their azimuths, what is to be said, and what is doubtful."""
    values = glance.small.astype(np.float32) / np.float32(255)
    over_white = values[..., :3] * values[..., 3:] + 1 - values[..., 3:]
    part = turning_part(over_white, glance.seconds, glance.numbers)
    if part is None:
        raise UserError(
            f"The object in {film.name} does not turn: its pictures are all alike.",
            "Use a film in which the object turns once round, or the camera goes once round it.",
        )
    if len(part.moving) < MIN_FRAMES:
        raise UserError(
            f"{film.name} shows no more than {len(part.moving)} different pictures of one turn. {' '.join(part.notes)}",
            f"Use a film with at least {MIN_FRAMES} pictures from all round the object, in one shot.",
        )
    progress(0.0, f"Looking how {film.name} turns")
    turns = possible_turns(over_white[part.moving].reshape(len(part.moving), -1), part.steps)
    with one_thread():  # many small steps: threads would only wait for each other
        reading = best_reading(turns, judge_of(values[part.moving], elevation), _JUDGED)
    count = reading.turn.count
    chosen = np.arange(count) if count <= _ALL else picked(reading.law, reading.turn.degrees, _PICKED)
    azimuths = reading.law[chosen]
    if count == SV3D_FRAME_COUNT and reading.turn.degrees == 360:
        azimuths = azimuths + 360 / count  # SV3D's last frame is the front
    frames = [int(glance.numbers[part.moving[i]]) for i in chosen]
    notes = (*part.notes, *_notes(reading, len(part.moving), int(glance.numbers[part.moving[count - 1]]) + 1))
    return frames, [float(azimuth % 360) for azimuth in azimuths], notes, _doubts(reading)


def _notes(reading: Reading, moving: int, end: int) -> list[str]:
    notes = []
    if reading.turn.degrees < 360:
        rest = "a little of it is not seen." if reading.turn.degrees >= _MOST_OF_IT else "its other sides are guessed."
        notes.append(f"The film goes about {reading.turn.degrees:.0f}° round the object only; {rest}")
    elif not comes_back(reading.turn):
        notes.append("The film does not come back to its beginning; it is taken as one whole turn.")
    if reading.turn.count < moving - 2 - moving // 50:
        notes.append(f"The object has turned once by frame {end}; the rest is left out.")
    if reading.name != "steady":
        notes.append("The object does not turn steadily, so frames were picked by how far it has turned.")
    return notes


def _doubts(reading: Reading) -> tuple[str, ...]:
    if reading.turn.degrees >= _MOST_OF_IT:
        return ()
    return (
        f"The film shows the object from about {reading.turn.degrees:.0f}° of a turn only: what it looks like from the "
        "other sides will be made up. Use a film of a whole turn.",
    )


def _read(film: Path, frames: list[int], progress: Progress, max_size: int) -> tuple[list[Image], list[Image | None]]:
    wanted = set(frames)
    rgb: list[Image] = []
    alpha: list[Image | None] = []
    for number, frame in enumerate(film_frames(film)):
        if number in wanted:
            progress(len(rgb) / len(frames), f"Reading frame {number}")
            values = np.asarray(frame.image.convert("RGBA"), dtype=np.float32) / np.float32(255)
            opaque = frame.image.mode != "RGBA"
            own = None if opaque else values[..., 3].copy()
            colours, coverage = shrink(*without_opaque(values[..., :3].copy(), own), max_size)
            rgb.append(colours)
            alpha.append(coverage)
        if number >= frames[-1]:
            break
    return rgb, alpha
