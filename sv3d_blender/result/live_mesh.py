"""The coarse mesh of a job that still runs: it stands in for the result until that comes."""

import threading
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix

from ...sv3d_engine.shared.errors import UserError
from .destination import Place
from .glb_file import Asset, read_asset
from .mesh import build_mesh

_LIVE = "sv3d_live"  # marks it, and tells its job's folder


def live_mesh() -> bpy.types.Object | None:
    """The stand-in, if this file has one.  Looked up each time, as undo may take it away."""
    return next((o for o in bpy.data.objects if _LIVE in o), None)


def show_live_mesh(asset: Asset, place: Place, folder: str, title: str, at: Matrix) -> bpy.types.Object:
    """Put a coarse mesh into the scene, where ``at`` says or where the one before it stands."""
    global _made  # noqa: PLW0603  (the one stand-in of this Blender)
    before = take_live_mesh(folder)
    name = f"{title} coarse"
    thing = bpy.data.objects.new(name, build_mesh(asset, name))
    thing[_LIVE] = folder
    thing.matrix_world = before or at
    place.collection.objects.link(thing)
    _made = _signature(thing)
    return thing


_made: tuple[object, ...] = ()  # the signature of the stand-in, as it was made


def take_live_mesh(folder: str = "") -> Matrix | None:
    """Remove the stand-in; where that of this job was put.

    A copy of it, and one that the artist has worked on, only lose their mark: they are hers.
    """
    found = None
    for thing in [o for o in bpy.data.objects if _LIVE in o]:
        if _signature(thing) != _made:
            del thing[_LIVE]
            continue
        if thing[_LIVE] == folder:
            found = thing.matrix_world.copy()
        data = thing.data
        bpy.data.objects.remove(thing)
        if not data.users:
            bpy.data.meshes.remove(data)
    return found


def _signature(thing: bpy.types.Object) -> tuple[object, ...]:
    """What tells a stand-in from its copies and from what has been made of it."""
    if thing.type != "MESH":
        return (thing.session_uid,)
    places = np.empty(3 * len(thing.data.vertices), np.float32)
    thing.data.attributes["position"].data.foreach_get("vector", places)
    return thing.session_uid, thing.data.session_uid, len(thing.modifiers), hash(places.tobytes())


class CoarseReader:
    """Reads a coarse mesh beside Blender's main thread."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.asset: Asset | None = None  # None until it is read, or if it cannot be
        self._thread = threading.Thread(target=self._run, name="sv3d-coarse", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.asset = read_asset(self.file)
        except UserError:
            self.asset = None  # the result itself will tell
