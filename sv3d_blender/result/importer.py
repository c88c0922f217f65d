"""A finished job folder into the scene."""

from dataclasses import dataclass
from pathlib import Path

import bpy
from mathutils import Vector

from ...sv3d_engine.errors import UserError
from .camera import add_orbit_camera
from .frames import FIRST_SCENE_FRAME, load_sequence, show_in_editors
from .mesh import import_mesh
from .orbit_path import OrbitPath, read_orbit_path


@dataclass(frozen=True)
class ImportedResult:
    """What ``import_result`` has made; all of it is in ``collection``."""

    mesh: bpy.types.Object
    camera: bpy.types.Object
    frames: bpy.types.Image
    collection: bpy.types.Collection


def import_result(context: bpy.types.Context, job_folder: Path, name: str = "") -> ImportedResult:
    """Bring a job's mesh, orbit frames and orbit camera into the scene; the mesh stands at the 3D cursor.

    ``job_folder`` holds mesh.glb, cameras.json and frames/, ``name`` is for the new objects (default: the folder's).
    Needs Object Mode.  Raises UserError, and then leaves the scene as it was.
    """
    path = _read_orbit(job_folder)
    name = name or job_folder.name
    scene = context.scene
    collection = bpy.data.collections.new(name)
    scene.collection.children.link(collection)
    try:
        mesh, foot = import_mesh(job_folder / "mesh.glb", collection, name)
    except UserError:
        bpy.data.batch_remove([*collection.objects, collection])
        raise
    mesh.location = scene.cursor.location
    frames = load_sequence(job_folder / "frames", path, name)
    camera = add_orbit_camera(path, Vector((0.0, 0.0, foot)), mesh, frames, collection, name)

    if scene.camera is None:
        scene.camera = camera
    # The preview range lets the orbit be played without touching what the scene will render.
    scene.use_preview_range = True
    scene.frame_preview_start = FIRST_SCENE_FRAME
    scene.frame_preview_end = FIRST_SCENE_FRAME + len(path.poses) - 1
    for other in context.view_layer.objects.selected:
        other.select_set(False)
    mesh.select_set(True)
    context.view_layer.objects.active = mesh
    show_in_editors(frames)
    return ImportedResult(mesh, camera, frames, collection)


def _read_orbit(job_folder: Path) -> OrbitPath:
    again = "Generate the mesh again."
    cameras = job_folder / "cameras.json"
    try:
        path = read_orbit_path(cameras)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError("The result's cameras file is missing or damaged.", again, f"{cameras}: {error!r}") from error
    needed = [job_folder / "mesh.glb", *(job_folder / "frames" / file for file in path.files)]
    if missing := [p for p in needed if not p.is_file()]:
        raise UserError("A part of the result is missing.", again, "\n".join(map(str, missing)))
    return path
