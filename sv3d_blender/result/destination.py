"""The scene and collection that a job was started from, found again whatever has been opened or renamed since."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import bpy

from ..engine.job import Job
from .provenance import RUN, Destination, forget_delivery, read_delivery, write_delivery

_known: dict[str, Destination] = {}  # by job folder; of this run
_opened = 0  # files that this run has opened


class Place(NamedTuple):
    """Where a result goes."""

    scene: bpy.types.Scene
    collection: bpy.types.Collection


def here(context: bpy.types.Context, title: str) -> Destination:
    """The destination of a job that is started now."""
    scene, collection = context.scene, context.collection or context.scene.collection
    return Destination(
        title=title,
        blend=bpy.data.filepath,
        run=RUN,
        file=_opened,
        scene=scene.name,
        scene_uid=scene.session_uid,
        collection=collection.name,
        collection_uid=collection.session_uid,
        quads=scene.sv3d.quads,
        playback=scene.sv3d.playback,
    )


def remember(folder: Path, destination: Destination) -> None:
    """Keep a new job's destination."""
    _known[str(folder)] = destination


def begun(job: Job) -> None:
    """Note a job's destination in its folder, as its turn has come."""
    if destination := _known.get(job.request.out):
        with suppress(OSError):  # the engine tells of a folder that cannot be written
            write_delivery(Path(job.request.out), destination)


def ended(job: Job) -> None:
    """Leave no folder behind of a job that has left nothing in it."""
    if not job.result:
        forget_delivery(Path(job.request.out))


def of(folder: Path) -> Destination | None:
    """Where a job's result goes, as far as that is known."""
    if str(folder) not in _known and (told := read_delivery(folder)):
        _known[str(folder)] = told
    return _known.get(str(folder))


def find(destination: Destination | None) -> Place | None:
    """The place in the file that is open; None if that is another file.

    A scene that has been deleted is replaced by the one that is seen, a collection by its scene's own.
    """
    if destination is None:
        return None
    mine = destination.run == RUN
    scene = next((s for s in bpy.data.scenes if mine and s.session_uid == destination.scene_uid), None)
    if scene is None:
        same = (mine and destination.file == _opened) or (destination.blend and destination.blend == bpy.data.filepath)
        if not same:
            return None
        scene = bpy.data.scenes.get(destination.scene) or bpy.context.scene
    inside = [scene.collection, *scene.collection.children_recursive]
    by_uid = (c for c in inside if mine and c.session_uid == destination.collection_uid)
    by_name = (c for c in inside if c.name == destination.collection)
    return Place(scene, next(by_uid, None) or next(by_name, None) or scene.collection)


@bpy.app.handlers.persistent
def on_load(_path: str) -> None:
    """Another file is open from now on, or the same one anew."""
    global _opened  # noqa: PLW0603  (one number for the whole Blender)
    _opened += 1


@bpy.app.handlers.persistent
def on_save(_path: str) -> None:
    """Jobs of this file follow it to its new name, so that it can be closed and opened meanwhile."""
    for folder, destination in list(_known.items()):
        if destination.blend != bpy.data.filepath and destination.file == _opened and destination.run == RUN:
            moved = replace(destination, blend=bpy.data.filepath)
            _known[folder] = moved
            if Path(folder).is_dir():
                with suppress(OSError):
                    write_delivery(Path(folder), moved)
