"""Photographs with another tool's cameras, taken again as frames of an orbit.

Each is seen anew, from where it was taken, by a camera that looks upright at one place that all have in view, with one
lens for all.  What is left of cameras that stood anyhow are their angles about that place and their distances from it.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...ground.progress import Progress
from ...orbit.cameras import CameraOrbit, View
from ...orbit.orbit_files import LONGEST, SHORTEST, CameraFile, check_count, in_figures
from ...orbit.other_tools import located, located_file, read_other_tool
from ...orbit.photographs import Photograph, Photographs
from ...orbit.sightlines import World, angles, check_places, nearest_point, optical_axes, way_up, world_axes
from ...shared.errors import UserError
from ...shared.frame_choice import named_frames
from ...shared.frame_folder import listed
from ...shared.frame_masks import looks_like_a_mask
from ...shared.frame_names import is_picture
from ...shared.trajectory import MAX_ELEVATION
from .matting import TURNED
from .photo_look import Look, half_width, look_at, whole
from .reading import MIN_SIDE, shrink
from .rephotograph import rephotograph
from .shots import INVERTED, Image, Shots, are_inverted

Array = NDArray[np.float64]

_ROOM = 1.06  # times as wide as the widest silhouette a frame is
_WIDEST = 50.0  # degrees from its middle that a frame may show: beyond, the camera stands within what it sees
_SOME_FOV = 40.0  # degrees, until the frames' lens is chosen: angles do not depend on it
_AIMED = 1e-3  # of the distance by which optical axes may miss one place and yet be aimed at it


def read_photo_orbit(source: Path, cameras: Path, progress: Progress, max_size: int) -> Shots:
    """Read the pictures that another tool's cameras mean, as frames of at most ``max_size``².  Raises UserError."""
    told = read_other_tool(cameras)
    folder, pairs, masks, notes = _pictures(told, source)
    check_places([view for view, _ in pairs], told.name)
    looks = []
    for i, ((view, file), mask) in enumerate(zip(pairs, masks, strict=True)):
        progress(0.4 * i / len(pairs), f"Looking at {file}")
        looks.append(look_at(view, folder, file, mask, told))
    if are_inverted([look.inverted for look in looks]):
        looks = [look_at(look.view, folder, look.file, look.mask, told, turned=look.framed) for look in looks]
        notes.append(TURNED if all(look.mask is None for look in looks) else INVERTED)
    orbit, target, up = _orbit(looks, told)
    low = [look for look, view in zip(looks, orbit.views, strict=True) if abs(view.elevation) > MAX_ELEVATION]
    if low:
        notes.append(f"{len(low)} of the cameras look straight down or up; their pictures are left out.")
        kept = [i for i, view in enumerate(orbit.views) if abs(view.elevation) <= MAX_ELEVATION]
        check_count(len(kept), f"{told.name} leaves")
        looks = [looks[i] for i in kept]
        orbit = replace(orbit, views=tuple(orbit.views[i] for i in kept))
    later = progress.part(0.4, 1.0)
    tan = _same_frames(looks, orbit, up)
    again = tan is None
    if tan is None:
        rgb, alpha, tan = _again(looks, folder, orbit, up, later, max_size)
    else:
        rgb, alpha = _as_they_are(looks, folder, later, max_size)
    fov = round(float(np.degrees(2 * np.arctan(tan))), 6)
    views = tuple(replace(view, file=f"{i:03d}.png") for i, view in enumerate(orbit.views))
    described = CameraFile(fov, in_figures(orbit.distance) if told.upright else None, views)
    world = World(up, target, orbit.distance)
    summary = f"{len(looks)} frames: {looks[0].file} to {looks[-1].file}, with the cameras of {told.name}."
    names = tuple(look.file for look in looks)
    return Shots(names, rgb, alpha, described, (), summary, (*told.notes, *notes), world, again)


def _pictures(
    told: Photographs, source: Path
) -> tuple[Path, list[tuple[Photograph, str]], list[str | None], list[str]]:
    """The folder that the pictures lie in, each with its camera, their masks, and what is out of the common."""
    pairs = [(view, file) for view, file in zip(told.views, located(told, source), strict=True) if file is not None]
    lost = len(told.views) - len(pairs)
    if not pairs:
        raise UserError(
            f"None of the pictures that {told.name} names lies in {source}, such as {told.views[0].file}.",
            "Choose the folder of the pictures that the cameras belong to.",
        )
    check_count(len(pairs), f"Of the pictures that {told.name} names, {source} holds")
    notes = [f"{lost} of the {len(told.views)} pictures that {told.name} names are not there."] if lost else []
    doubles = len(pairs) - len({file for _, file in pairs})
    if doubles:
        raise UserError(
            f"{doubles} of the names in {told.name} mean the same picture as another in {source}.",
            "Choose the folder above, so that pictures of one name in several folders are told apart.",
        )
    parents = {file.rpartition("/")[0] for _, file in pairs}
    masks: list[str | None] = [view.mask and located_file(view.mask, source) for view, _ in pairs]
    if len(parents) == 1:
        parent = parents.pop()
        folder = source / parent
        plain = [file.rpartition("/")[2] for _, file in pairs]
        names, mask_folders = listed(folder)
        choice = named_frames(plain, names, mask_folders)
        if any(masks):
            masks = [mask and str((source / mask).absolute()) for mask in masks]
        else:
            masks, notes = list(choice.masks), [*notes, *choice.notes]
        used = {*plain, *choice.masks}
        without = [
            name for name in names if is_picture(name) and name not in used and not looks_like_a_mask(name, names)
        ]
        if without:
            notes.append(f"{len(without)} of the pictures have no camera and are left out, such as {without[0]}.")
        return folder, [(view, file) for (view, _), file in zip(pairs, plain, strict=True)], masks, notes
    return source, pairs, masks, notes


def _orbit(looks: list[Look], told: Photographs) -> tuple[CameraOrbit, Array, Array]:
    """Angles and distances about the place that is looked at; that place, and the axes (3, 3) of the orbit's world."""
    views = [look.view for look in looks]
    centres, forward = optical_axes(views)
    target, _ = nearest_point(centres, forward)
    away = np.linalg.norm(target - centres, axis=1)
    missed = np.linalg.norm(np.cross(target - centres, forward), axis=1)
    if (missed > _AIMED * away).any() and all(look.outline is not None for look in looks):
        target, _ = nearest_point(centres, np.stack([_middle(look) for look in looks]))
    held = [replace(look.view, axes=look.taken.held) for look in looks]
    axes = world_axes(way_up(held, told.upright), centres[0] - target)
    offsets = (centres - target) @ axes.T
    distances = np.linalg.norm(offsets, axis=1)
    usual = float(np.median(distances))
    if told.upright and not (usual >= SHORTEST and distances.max() <= LONGEST):
        raise UserError(
            f"The cameras in {told.name} stand {usual:.3g} units from what they look at, in no usual measure.",
            f"Scale the scene in the tool that wrote it, so that they stand {SHORTEST:g} to {LONGEST:g} units away, or "
            "leave the cameras out.",
        )
    if usual <= 0 or distances.min() < 1e-3 * usual:
        raise _within(looks[int(distances.argmin())].file, told.name)
    shares = np.where(np.abs(distances / usual - 1) < 1e-6, 1.0, distances / usual)
    poses = [tuple(round(angle, 6) for angle in angles(offset)) for offset in offsets]
    orbit = tuple(
        View(look.file, elevation, azimuth % 360, away=float(share))
        for look, (elevation, azimuth), share in zip(looks, poses, shares, strict=True)
    )
    return CameraOrbit(_SOME_FOV, usual, orbit), target, axes


def _middle(look: Look) -> Array:  # (3,)
    """The direction in the world of the middle of a silhouette."""
    assert look.outline is not None
    x, y = look.taken.directions((look.outline.min(0) + look.outline.max(0)) / 2)
    ray = np.array([x, -y, -1.0]) @ look.taken.axes
    return ray / np.linalg.norm(ray)


def _frame_axes(orbit: CameraOrbit, world: Array) -> Array:  # (N, 3, 3)
    """The frames' cameras in the tool's world."""
    turned: Array = orbit.rotations().double().numpy() @ world
    return turned


def _same_frames(looks: list[Look], orbit: CameraOrbit, world: Array) -> float | None:
    """The tangent of half the angle of view, where the photographs are such frames already: square, aimed, upright."""
    first = looks[0].taken
    for look, axes in zip(looks, _frame_axes(orbit, world), strict=True):
        taken = look.taken
        same = taken.width == taken.height == first.width and taken.lens.is_plain and taken.turned is None
        if not same or abs(taken.lens.focal[0] / first.lens.focal[0] - 1) > 1e-6:
            return None
        if np.abs(taken.axes - axes).max() > 1e-4:
            return None
    return 0.5 / first.lens.focal[0]


def _as_they_are(
    looks: list[Look], folder: Path, progress: Progress, max_size: int
) -> tuple[list[Image], list[Image | None]]:
    rgb, alpha = [], []
    for i, look in enumerate(looks):
        progress(i / len(looks), f"Reading {look.file}")
        colours, cover = shrink(*whole(look, folder), max_size)
        rgb.append(colours)
        alpha.append(cover)
    return rgb, alpha


def _again(
    looks: list[Look], folder: Path, orbit: CameraOrbit, world: Array, progress: Progress, max_size: int
) -> tuple[list[Image], list[Image | None], float]:
    """The photographs as frames, and the tangent of half their angle of view: all that the object needs."""
    all_axes = _frame_axes(orbit, world)
    widest = [half_width(look, axes) for look, axes in zip(looks, all_axes, strict=True)]
    tan = _ROOM * max(widest)
    if tan > np.tan(np.radians(_WIDEST)):
        raise _within(looks[int(np.argmax(widest))].file, "the cameras file")
    pixels = np.median([2 * tan * look.taken.lens.focal[0] * look.taken.width for look in looks])
    size = min(max_size, round(float(pixels)))
    if size < MIN_SIDE:
        raise UserError(
            f"The object takes up only {size} pixels of the pictures.", "Use larger pictures, or go nearer to it."
        )
    rgb, alpha = [], []
    for i, (look, axes) in enumerate(zip(looks, all_axes, strict=True)):
        progress(i / len(looks), f"Reading {look.file}")
        colours, cover = rephotograph(*whole(look, folder), look.taken, axes, tan, size)
        rgb.append(colours)
        alpha.append(cover)
    return rgb, alpha, tan


def _within(file: str, name: str) -> UserError:
    return UserError(
        f"The camera of {file} stands within the object, or so near that it cannot be seen whole.",
        f"Leave that picture out of {name}; or the object could not be told from its background: use masks.",
    )
