"""An orbit's frames as an image sequence: scene frame 1 shows the first."""

import re
from collections.abc import Iterator
from pathlib import Path

import bpy

from .orbit_path import OrbitPath

FIRST_SCENE_FRAME = 1

_COUNT = "sv3d_frames"  # marks an image as an orbit, and tells its length, which a sequence does not
_LIVE = "sv3d_live"  # marks the one orbit that is still being made
_LIVE_NAME = "SV3D Orbit"


def is_orbit(image: bpy.types.Image | None) -> bool:
    """Whether an image is the frames of an orbit."""
    return image is not None and _COUNT in image


def is_finished_orbit(image: bpy.types.Image) -> bool:
    """Whether it is an orbit that is no longer being made."""
    return is_orbit(image) and _LIVE not in image


def frame_count(orbit: bpy.types.Image) -> int:
    """How many frames an orbit has."""
    return int(orbit[_COUNT])


def shown_frame(orbit: bpy.types.Image, scene: bpy.types.Scene) -> int:
    """Which of an orbit's frames the scene's frame shows, from 0."""
    return min(max(scene.frame_current - FIRST_SCENE_FRAME, 0), frame_count(orbit) - 1)


def load_sequence(folder: Path, path: OrbitPath, name: str) -> bpy.types.Image:
    """The frames as one image; each user of it needs ``follow_scene`` too."""
    return _load(folder / path.files[0], len(path.files), f"{name} frames")


def live_orbit() -> bpy.types.Image | None:
    """The orbit that is being made, if this file has one.  Looked up each time, as undo may take it away."""
    return next((image for image in bpy.data.images if _LIVE in image), None)


def update_live(first: Path, count: int) -> None:
    """Show an unfinished orbit, whose first frame's file this is, wherever the one before it was shown.

    It comes up by itself only in Image Editors that are empty or show an orbit already, and only at first.
    """
    image = live_orbit()
    if image and bpy.path.abspath(image.filepath) == str(first):
        image.reload()
        for area in _image_areas():
            if area.spaces.active.image == image:
                area.tag_redraw()
        return
    if image:
        image.filepath = str(first)
        image[_COUNT] = count
        image.reload()
    else:
        image = _load(first, count, _LIVE_NAME)
        image[_LIVE] = True
    show_in_editors(image)


def drop_live() -> None:
    """Let the unfinished orbit go, as the finished one is there."""
    if image := live_orbit():
        bpy.data.images.remove(image)


def follow_scene(user: bpy.types.ImageUser, image: bpy.types.Image) -> None:
    """Make an image user show the sequence's first file at scene frame 1, and hold the ends.

    An orbit that is being made goes round and round instead, as nothing has fitted the scene's range to it yet.
    """
    number = re.search(r"(\d+)\.\w+$", image.filepath)
    user.frame_duration = int(image[_COUNT])  # a loaded sequence says 1
    user.frame_start = FIRST_SCENE_FRAME
    user.frame_offset = int(number[1]) - 1 if number else 0  # Blender counts a sequence's files from 1
    user.use_cyclic = _LIVE in image
    user.use_auto_refresh = True


def show_in_editors(image: bpy.types.Image, *, replace: bool = False) -> int:
    """Show the sequence in Image Editors, by default only in empty ones; the number that show it."""
    shown = 0
    for area in _image_areas():
        space = area.spaces.active
        if replace or space.image is None or is_orbit(space.image):
            space.image = image
            follow_scene(space.image_user, image)
            area.tag_redraw()
            shown += 1
    return shown


def has_editor() -> bool:
    """Whether there is an Image Editor to show an orbit in."""
    return next(_image_areas(), None) is not None


def _load(first: Path, count: int, name: str) -> bpy.types.Image:
    image = bpy.data.images.load(str(first))
    image.name = name
    image.source = "SEQUENCE"
    image[_COUNT] = count
    return image


def _image_areas() -> Iterator[bpy.types.Area]:
    """Image Editors that are for looking, not for painting or masking."""
    manager = bpy.context.window_manager
    for window in manager.windows if manager else ():
        for area in window.screen.areas:
            if area.type == "IMAGE_EDITOR" and area.spaces.active.mode == "VIEW":
                yield area
