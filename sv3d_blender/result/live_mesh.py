"""The coarse mesh of a job that still runs: it stands in for the result until that comes."""

from pathlib import Path

import bpy
from mathutils import Matrix

from .destination import Place
from .glb_file import Asset
from .mesh import build_mesh

_LIVE = "sv3d_live"  # marks it, and tells its job's folder


def live_mesh() -> bpy.types.Object | None:
    """The stand-in, if this file has one.  Looked up each time, as undo may take it away."""
    return next((o for o in bpy.data.objects if _LIVE in o), None)


def show_live_mesh(asset: Asset, place: Place, folder: str, at: Matrix) -> bpy.types.Object:
    """Put a coarse mesh into the scene, where ``at`` says or where the one before it stands."""
    before = take_live_mesh(folder)
    thing = bpy.data.objects.new(f"{Path(folder).name} coarse", build_mesh(asset, "coarse"))
    thing[_LIVE] = folder
    thing.matrix_world = before or at
    place.collection.objects.link(thing)
    return thing


def take_live_mesh(folder: str = "") -> Matrix | None:
    """Remove the stand-ins; where that of this job was put."""
    found = None
    for thing in [o for o in bpy.data.objects if _LIVE in o]:
        if thing[_LIVE] == folder:
            found = thing.matrix_world.copy()
        data = thing.data
        bpy.data.objects.remove(thing)
        if data and not data.users:
            bpy.data.meshes.remove(data)
    return found
