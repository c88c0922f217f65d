"""A finished job folder into the scene."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import bpy
from mathutils import Vector

from ...sv3d_engine.shared.errors import UserError
from .camera import add_orbit_camera
from .frames import FIRST_SCENE_FRAME, drop_live, load_sequence, show_in_editors
from .mesh import import_mesh, join_triangles
from .orbit_path import OrbitPath, read_orbit_path


@dataclass(frozen=True)
class ImportedResult:
    """What ``import_result`` has made; all of it is in ``collection``."""

    mesh: bpy.types.Object
    camera: bpy.types.Object
    frames: bpy.types.Image
    collection: bpy.types.Collection


@dataclass(frozen=True)
class ImportedOrbit:
    """What ``import_orbit`` has made; all of it is in ``collection``."""

    middle: bpy.types.Object  # an empty, which the camera circles and follows
    camera: bpy.types.Object
    frames: bpy.types.Image
    collection: bpy.types.Collection


def import_result(
    context: bpy.types.Context, job_folder: Path, name: str = "", *, quads: bool = False
) -> ImportedResult:
    """Bring a job's mesh, orbit frames and orbit camera into the scene; the mesh stands at the 3D cursor.

    ``job_folder`` holds mesh.glb, cameras.json and frames/, ``name`` is for the new objects (default: the folder's).
    With ``quads``, triangles are joined in pairs: glTF has no other faces.
    Needs Object Mode.  Raises UserError, and then leaves the scene as it was.
    """
    path = _read_orbit(job_folder, ["mesh.glb"])
    name = name or job_folder.name
    collection = _new_collection(context.scene, name)
    try:
        mesh, foot = import_mesh(job_folder / "mesh.glb", collection, name)
    except UserError:
        bpy.data.batch_remove([*collection.objects, collection])
        raise
    if quads:
        join_triangles(mesh.data)
    mesh.location = context.scene.cursor.location
    frames = load_sequence(job_folder / "frames", path, name)
    camera = add_orbit_camera(path, Vector((0.0, 0.0, foot)), mesh, frames, collection, name)
    _present(context, mesh, camera, frames, path)
    return ImportedResult(mesh, camera, frames, collection)


def import_orbit(context: bpy.types.Context, job_folder: Path, name: str = "") -> ImportedOrbit:
    """Bring an orbit's frames and camera into the scene, round an empty at the 3D cursor.

    ``job_folder`` holds cameras.json and frames/.  Needs Object Mode.  Raises UserError.
    """
    path = _read_orbit(job_folder)
    name = name or job_folder.name
    collection = _new_collection(context.scene, name)
    middle = bpy.data.objects.new(name, None)
    middle.empty_display_size = path.distance / 8
    middle.location = context.scene.cursor.location
    collection.objects.link(middle)
    frames = load_sequence(job_folder / "frames", path, name)
    camera = add_orbit_camera(path, Vector(), middle, frames, collection, name)
    for background in camera.data.background_images:  # there is no mesh to compare with: just the frames
        background.alpha, background.display_depth = 1.0, "BACK"
    _present(context, middle, camera, frames, path)
    return ImportedOrbit(middle, camera, frames, collection)


def _new_collection(scene: bpy.types.Scene, name: str) -> bpy.types.Collection:
    collection = bpy.data.collections.new(name)
    scene.collection.children.link(collection)
    return collection


def _present(
    context: bpy.types.Context,
    main: bpy.types.Object,
    camera: bpy.types.Object,
    frames: bpy.types.Image,
    path: OrbitPath,
) -> None:
    """Select what has come, and make its orbit ready to be played."""
    scene = context.scene
    if scene.camera is None:
        scene.camera = camera
    # The preview range lets the orbit be played without touching what the scene will render.
    scene.use_preview_range = True
    scene.frame_preview_start = FIRST_SCENE_FRAME
    scene.frame_preview_end = FIRST_SCENE_FRAME + len(path.poses) - 1
    for other in context.view_layer.objects.selected:
        other.select_set(False)
    main.select_set(True)
    context.view_layer.objects.active = main
    show_in_editors(frames)
    drop_live()


def _read_orbit(job_folder: Path, others: Sequence[str] = ()) -> OrbitPath:
    """The orbit of a folder that has all its frames, and these other files too."""
    again = "Generate it again."
    cameras = job_folder / "cameras.json"
    try:
        path = read_orbit_path(cameras)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError("The result's cameras file is missing or damaged.", again, f"{cameras}: {error!r}") from error
    needed = [*(job_folder / other for other in others), *(job_folder / "frames" / file for file in path.files)]
    if missing := [p for p in needed if not p.is_file()]:
        raise UserError("A part of the result is missing.", again, "\n".join(map(str, missing)))
    return path
