"""Files that show results keep showing them after these have moved."""

import os
from pathlib import Path

import bpy

from ..results_folder import read_index

_FIELDS = ("folder", "cameras", "orbit_file")  # of the tab, which may name what an earlier job has made


def relink() -> None:
    """Point what the open file has of results to where they are now; what is still in its old place is left alone."""
    moved = read_index().moved
    if not moved:
        return
    for image in bpy.data.images:
        path = bpy.path.abspath(image.filepath, library=image.library)
        if new := new_place(path, moved):
            image.filepath = new
    for scene in bpy.data.scenes:
        for name in _FIELDS:
            if new := new_place(bpy.path.abspath(getattr(scene.sv3d, name)), moved):
                setattr(scene.sv3d, name, new)


def new_place(path: str, moved: dict[str, str]) -> str:
    """Where a file or folder of a job that was moved is now; empty if it was not, or is not there."""
    file = Path(os.path.normpath(path))  # what Blender has kept relative to its file is full of “..”
    for old in (file, *file.parents):
        if new := moved.get(str(old)):
            found = Path(new, file.relative_to(old))
            return str(found) if found.exists() and not file.exists() else ""
    return ""
