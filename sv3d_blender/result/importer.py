"""A finished job folder into the scene, in steps that each take Blender's main thread a few milliseconds."""

from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import bpy
from mathutils import Matrix, Vector

from ...sv3d_engine.shared.errors import UserError
from .camera import add_orbit_camera
from .destination import Place
from .frame_changes import set_weights
from .frames import FIRST_SCENE_FRAME, drop_live, load_sequence, show_in_editors
from .glb_file import Asset, read_asset
from .light_image import add_light, read_light
from .live_mesh import take_live_mesh
from .material import build_images, build_material
from .mesh import build_mesh, keep_normals
from .orbit_path import NO_CAMERAS, OrbitPath, read_orbit_path
from .picture_camera import add_picture_camera
from .picture_view import PictureView, read_picture_view
from .place import Box, Point, box_of, free_place
from .provenance import PREFIX, read_facts

_JOB = PREFIX + "job"  # marks a result
_ORBIT_MARK = 1 / 8  # of the orbit's distance: the size of the empty in its middle


@dataclass(frozen=True)
class Parts:
    """A job folder as it has been read; any thread may do that."""

    folder: Path
    name: str  # for the new objects
    path: OrbitPath
    asset: Asset | None  # None for an orbit alone
    facts: dict[str, str | int]
    view: PictureView | None = None  # of the picture that the mesh was made from
    light: bytes | None = None  # light.hdr


@dataclass(frozen=True)
class Imported:
    """What has come into the scene; all of it is in ``collection``."""

    main: bpy.types.Object  # the mesh, or the empty in the middle of an orbit without one
    camera: bpy.types.Object
    frames: bpy.types.Image
    collection: bpy.types.Collection
    picture_camera: bpy.types.Object | None = None

    @property
    def mesh(self) -> bpy.types.Object:
        return self.main


Steps = Generator[None, None, Imported]


def read_result(job_folder: Path, name: str = "", *, orbit_only: bool = False, quads: bool = False) -> Parts:
    """Read mesh.glb, cameras.json, frames/ and the reports of a job folder, without touching Blender.

    ``name`` is for the new objects (default: the folder's).  Raises UserError.
    """
    path = _read_orbit(job_folder, () if orbit_only else ("mesh.glb",))
    asset = None if orbit_only else read_asset(job_folder / "mesh.glb", quads=quads)
    if asset and asset.surface.base_color is None:
        raise UserError("The finished mesh came without its texture.", "Generate the mesh again.", str(job_folder))
    parts = Parts(job_folder, name or job_folder.name, path, asset, read_facts(job_folder))
    return replace(parts, view=read_picture_view(job_folder, path), light=read_light(job_folder)) if asset else parts


def place_result(parts: Parts, place: Place, *, playback: bool = False) -> Steps:
    """Bring what was read into a scene; the last step links all of it, so that nothing half-made is ever seen.

    It stands at the 3D cursor, or beside it when another result is there.  With ``playback``, the scene's preview
    range is the orbit, and its camera the orbit's if there is none.  Where a step fails, nothing stays of those before.
    """
    made: list[bpy.types.ID] = []
    try:
        return (yield from _place_steps(parts, place, made, playback=playback))
    except Exception:
        _discard(made)
        raise


def _place_steps(parts: Parts, place: Place, made: list[bpy.types.ID], *, playback: bool) -> Steps:
    collection = bpy.data.collections.new(parts.name)
    made.append(collection)
    if parts.asset:
        main = yield from _mesh_steps(parts.asset, parts.name, made)
        box, foot = parts.asset.box, parts.asset.foot
    else:
        main, box, foot = _middle(parts), _mark_box(parts), 0.0
    made.append(main)
    for name, fact in parts.facts.items():
        main[name] = fact
    yield
    frames = load_sequence(parts.folder / "frames", parts.path, parts.name)
    made.append(frames)
    set_weights(frames, parts.path.weights)
    yield
    camera = add_orbit_camera(parts.path, Vector((0.0, 0.0, foot)), main, frames, parts.name, place.scene)
    made += (camera, camera.data, camera.animation_data.action)
    if not parts.asset:
        for background in camera.data.background_images:  # there is no mesh to compare with: just the frames
            background.alpha, background.display_depth = 1.0, "BACK"
    yield
    if parts.light:
        made.append(add_light(main, parts.light, parts.name))
        yield
    still = None
    if parts.view:
        still = add_picture_camera(parts.view, Vector((0.0, 0.0, foot)), main, parts.name, made)
        yield
    main.matrix_world = take_live_mesh(str(parts.folder)) or free_matrix(place.scene, box)
    collection.objects.link(main)
    for eye in (camera, still) if still else (camera,):
        collection.objects.link(eye)
    place.collection.children.link(collection)
    _present(place.scene, main)
    if playback:
        _set_up_playback(place.scene, camera, parts.path)
    show_in_editors(frames)
    drop_live()
    return Imported(main, camera, frames, collection, still)


def import_result(
    context: bpy.types.Context, job_folder: Path, name: str = "", *, quads: bool = False, playback: bool = False
) -> Imported:
    """Read and place a job's mesh at once.  Raises UserError, and then leaves the file as it was."""
    return finish(place_result(read_result(job_folder, name, quads=quads), _place(context), playback=playback))


def import_orbit(context: bpy.types.Context, job_folder: Path, name: str = "", *, playback: bool = False) -> Imported:
    """Read and place an orbit's frames and camera, round an empty.  Raises UserError."""
    return finish(place_result(read_result(job_folder, name, orbit_only=True), _place(context), playback=playback))


def finish(steps: Steps) -> Imported:
    """All steps at once."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def _place(context: bpy.types.Context) -> Place:
    return Place(context.scene, context.collection or context.scene.collection)


_HOMES = {
    "OBJECT": "objects",
    "MESH": "meshes",
    "MATERIAL": "materials",
    "IMAGE": "images",
    "CAMERA": "cameras",
    "ACTION": "actions",
    "COLLECTION": "collections",
}


def _discard(made: list[bpy.types.ID]) -> None:
    """Take back what was made, as far as it is still there."""
    # Objects first: they would go with their data, and leave a reference to nothing.
    for data in sorted(made, key=lambda thing: not isinstance(thing, bpy.types.Object)):
        with suppress(ReferenceError):  # the artist has purged it
            getattr(bpy.data, _HOMES[data.id_type]).remove(data)


def _mesh_steps(asset: Asset, name: str, made: list[bpy.types.ID]) -> Generator[None, None, bpy.types.Object]:
    data = build_mesh(asset, name)
    made.append(data)
    yield
    if asset.normals is not None:
        keep_normals(asset, data)
        yield
    images = {}
    for use, image in build_images(asset.surface, name):
        images[use] = image
        made.append(image)
        yield
    material = build_material(asset.surface, images, name)
    made.append(material)
    data.materials.append(material)
    return bpy.data.objects.new(name, data)


def _middle(parts: Parts) -> bpy.types.Object:
    middle = bpy.data.objects.new(parts.name, None)
    middle.empty_display_size = parts.path.distance * _ORBIT_MARK
    return middle


def _mark_box(parts: Parts) -> Box:
    size = parts.path.distance * _ORBIT_MARK
    return (-size, -size, -size), (size, size, size)


def free_matrix(scene: bpy.types.Scene, box: Box) -> Matrix:
    """The 3D cursor's place, or the next one beside it where no other result is."""
    others = [_seen_box(o) for o in scene.objects if _JOB in o]
    return Matrix.Translation(free_place(_point(scene.cursor.location), box, others))


def _seen_box(thing: bpy.types.Object) -> Box:
    """The box of an object in the scene; one without a mesh is as large as it is drawn."""
    size = thing.empty_display_size
    corners = thing.bound_box if thing.type == "MESH" else ((-size, -size, -size), (size, size, size))
    # Without a parent its matrix is known before the scene has been evaluated.
    matrix = thing.matrix_world if thing.parent else thing.matrix_basis
    return box_of([matrix @ Vector(corner) for corner in corners])


def _point(vector: Vector) -> Point:
    x, y, z = vector
    return x, y, z


def _present(scene: bpy.types.Scene, main: bpy.types.Object) -> None:
    """Select what has come, in every view layer of its scene that shows it."""
    for layer in scene.view_layers:
        try:
            main.select_set(True, view_layer=layer)  # first: this is what makes the layer know it
        except RuntimeError:
            continue  # Blender's word for a layer that excludes the collection
        for other in layer.objects.selected:
            if other != main:
                other.select_set(False, view_layer=layer)
        layer.objects.active = main


def _set_up_playback(scene: bpy.types.Scene, camera: bpy.types.Object, path: OrbitPath) -> None:
    """Make the orbit ready to be played.  The preview range leaves what the scene will render as it is."""
    if scene.camera is None:
        scene.camera = camera
    scene.use_preview_range = True
    scene.frame_preview_start = FIRST_SCENE_FRAME
    scene.frame_preview_end = FIRST_SCENE_FRAME + len(path.poses) - 1


def _read_orbit(job_folder: Path, others: Sequence[str] = ()) -> OrbitPath:
    """The orbit of a folder that has all its frames, and these other files too."""
    again = "Generate it again."
    cameras = job_folder / "cameras.json"
    try:
        path = read_orbit_path(cameras)
    except (OSError, *NO_CAMERAS) as error:
        raise UserError("The result's cameras file is missing or damaged.", again, f"{cameras}: {error!r}") from error
    needed = [*(job_folder / other for other in others), *(job_folder / "frames" / file for file in path.files)]
    if missing := [p for p in needed if not p.is_file()]:
        raise UserError("A part of the result is missing.", again, "\n".join(map(str, missing)))
    return path
