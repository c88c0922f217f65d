"""The orbit's frames as an image sequence: scene frame 1 shows the first."""

import re
from pathlib import Path

import bpy

from .orbit_path import OrbitPath

FIRST_SCENE_FRAME = 1


def load_sequence(folder: Path, path: OrbitPath, name: str) -> bpy.types.Image:
    """The frames as one image; each user of it needs ``follow_scene`` too."""
    image = bpy.data.images.load(str(folder / path.files[0]))
    image.name = f"{name} orbit"
    image.source = "SEQUENCE"
    image["sv3d_frames"] = len(path.files)
    return image


def follow_scene(user: bpy.types.ImageUser, image: bpy.types.Image) -> None:
    """Make an image user show the sequence's first file at scene frame 1, and hold the ends."""
    number = re.search(r"(\d+)\.\w+$", image.filepath)
    user.frame_duration = int(image["sv3d_frames"])  # a loaded sequence says 1
    user.frame_start = FIRST_SCENE_FRAME
    user.frame_offset = int(number[1]) - 1 if number else 0  # Blender counts a sequence's files from 1
    user.use_cyclic = False
    user.use_auto_refresh = True


def show_in_editors(image: bpy.types.Image, *, replace: bool = False) -> int:
    """Show the sequence in Image Editors, by default only in empty ones; the number that show it."""
    shown = 0
    manager = bpy.context.window_manager
    for window in manager.windows if manager else ():
        for area in window.screen.areas:
            space = area.spaces.active
            if area.type != "IMAGE_EDITOR" or space.mode != "VIEW":
                continue
            if replace or space.image is None or "sv3d_frames" in space.image:
                space.image = image
                follow_scene(space.image_user, image)
                area.tag_redraw()
                shown += 1
    return shown
