"""An orbit as an artist has it: its pictures, read, and the cameras that its files tell."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...ground.progress import Progress
from ...orbit.cameras import View
from ...orbit.orbit_files import CameraFile, check_elevation, read_cameras
from ...orbit.sightlines import World
from ...picture.given_alpha import FAINT, at_full_strength, without_opaque
from ...picture.matte import border
from ...shared.errors import UserError
from ...shared.frame_choice import Choice
from ...shared.trajectory import SV3D_FOV_DEG
from .reading import frames_in, frames_named, read_frame, read_mask, shrink

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Shots:
    """An orbit's pictures and cameras, all in the same order."""

    names: tuple[str, ...]  # of the files
    rgb: list[Image]  # (H, W, 3) sRGB
    alpha: list[Image | None]  # (H, W) straight; None where the picture does not tell
    described: CameraFile  # its views name the job's own files, 000.png …
    rejected: tuple[tuple[int, View], ...]  # frames of weight 0, under their own names, and their places among all
    summary: str  # which frames they are: a sentence
    notes: tuple[str, ...]  # what is out of the common with the choice: sentences
    world: World | None = None  # where another tool's cameras have the orbit's space; None = they tell no other
    again: bool = False  # whether the pictures are photographs taken again by other cameras
    doubts: tuple[str, ...] = ()  # why the mesh may come out wrong, whatever the pictures show: sentences


def describe(source: Path, cameras: Path | None, elevation: float) -> tuple[Choice, CameraFile]:
    """A folder's frames that count, and their cameras.  Raises UserError."""
    if cameras is None:
        check_elevation(elevation, "the orbit")
        choice = frames_in(source)
        views = _views([elevation] * len(choice.files), choice.azimuths)
        return choice, CameraFile(SV3D_FOV_DEG, None, views, assumed=True)
    told = read_cameras(cameras)
    kept = [view for view in told.views if view.weight > 0]
    choice = frames_named([view.file for view in kept], source, cameras.name)
    views = tuple(replace(view, file=f"{i:03d}.png") for i, view in enumerate(kept))
    return choice, replace(told, views=views)


def read_folder(
    source: Path, cameras: Path | None, elevation: float, progress: Progress, max_size: int
) -> Shots:  # pictures of at most ``max_size``
    """Choose and read a folder's frames.  Raises UserError."""
    choice, described = describe(source, cameras, elevation)
    progress(0.0, choice.summary)
    rgb, alpha, found = _read(source, choice, progress, max_size)
    notes = (*choice.notes, *found)
    told = read_cameras(cameras).views if cameras else ()
    rejected = tuple((place, view) for place, view in enumerate(told) if view.weight == 0)
    return Shots(choice.files, rgb, alpha, described, rejected, choice.summary, notes)


def read_rejected(file: Path, size: int) -> tuple[Image, Image] | None:
    """Colour and alpha of a frame that only the artist looks at, as it is; None if it is none of ``size`` or larger.

    One pixel may be missing, which oblong frames have got as they were made square.
    """
    try:
        picture = read_frame(file)
    except UserError:
        return None
    rgb, alpha = shrink(picture.rgb, picture.alpha, size)
    if not size - 1 <= max(rgb.shape) <= size:
        return None
    return rgb, np.ones(rgb.shape[:2], np.float32) if alpha is None else alpha


def _said(shape: tuple[int, ...]) -> str:
    return f"{shape[0]}²" if shape[0] == shape[1] else f"{shape[1]} × {shape[0]}"


_OPAQUE = "The frames have an alpha that hides nothing, so the object was cut out from their background."
INVERTED = "The masks are black where the object is, so they are used the other way round."


def _views(elevations: list[float], azimuths: tuple[float, ...] | list[float]) -> tuple[View, ...]:
    pairs = zip(elevations, azimuths, strict=True)
    return tuple(View(f"{i:03d}.png", elevation, azimuth) for i, (elevation, azimuth) in enumerate(pairs))


def _read(
    source: Path, choice: Choice, progress: Progress, max_size: int
) -> tuple[list[Image], list[Image | None], list[str]]:
    """Colour and alpha of each frame, all of one size, and what is out of the common with their alphas."""
    rgb: list[Image] = []
    alpha: list[Image | None] = []
    masks: list[Image | None] = []
    size: tuple[int, ...] | None = None
    opaque = faint = 0
    for i, file in enumerate(choice.files):
        progress(i / len(choice.files), f"Reading {file}")
        picture = read_frame(source / file)
        size = size or picture.rgb.shape
        if picture.rgb.shape != size:
            raise UserError(
                f"The frames differ in size: {choice.files[0]} is {_said(size)}, {file} is {_said(picture.rgb.shape)}.",
                "Render all frames of the orbit at one size.",
            )
        own, is_faint = (None, False) if picture.alpha is None else at_full_strength(picture.alpha)
        colours, coverage = shrink(*without_opaque(picture.rgb, own), max_size)
        opaque += own is not None and coverage is None
        faint += is_faint and coverage is not None
        beside = choice.masks[i]
        masks.append(None if beside is None else read_mask(source / beside, (colours.shape[0], colours.shape[1])))
        rgb.append(colours)
        alpha.append(coverage)
    inverted = are_inverted([is_inverted(mask) for mask in masks if mask is not None])
    for i, mask in enumerate(masks):
        if mask is not None:
            shown = 1 - mask if inverted else mask
            told = alpha[i]
            alpha[i] = shown if told is None else shown * told
    said = [(INVERTED, inverted), (_OPAQUE, opaque), (FAINT, 2 * faint > len(rgb))]
    return rgb, alpha, [note for note, is_so in said if is_so]


def is_inverted(mask: Image) -> bool:
    """Whether a mask (H, W) is white along its border and black inside."""
    return bool(mask[border(mask)].mean() > 0.9 and mask.min() < 0.1)


def are_inverted(masks: Sequence[bool]) -> bool:
    """Whether most masks are: one alone may be of an object that fills its frame."""
    return 2 * sum(masks) > len(masks)
