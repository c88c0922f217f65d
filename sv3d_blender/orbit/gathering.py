"""The cameras that the tab means, and the orbit that they make."""

import re
from collections.abc import Iterable
from functools import lru_cache
from math import atan, degrees

import bpy
from mathutils import Matrix, Vector

from ...sv3d_engine.shared.errors import UserError
from .scene_orbit import SceneOrbit, scene_orbit
from .standing import Point, SceneCamera

MOST_CAMERAS = 256
_SAMPLES = 84  # of an animated camera's frames: four for each view

_NUMBERS = re.compile(r"(\d+)")
_make = lru_cache(maxsize=4)(scene_orbit)  # every drawing asks


def orbit_of(scene: bpy.types.Scene, animation: tuple[SceneCamera, ...] | None = None) -> SceneOrbit:
    """The orbit of the scene's cameras as they stand now; the same object while nothing has changed.

    ``animation`` is what an animated camera's ``sampled`` gave.  Raises UserError.
    """
    chosen = scene.sv3d.scene_cameras
    if chosen.which == "ANIMATED":
        cameras = animation or ()
    else:
        cameras = tuple(_as_it_stands(camera, scene) for camera in _standing_cameras(scene))
    if len(cameras) > MOST_CAMERAS:
        raise UserError(f"There are {len(cameras)} cameras.", f"Choose at most {MOST_CAMERAS} for an orbit.")
    target = place_of(chosen.target) if chosen.target else None
    front = chosen.front or scene.camera
    return _make(cameras, target, _as_it_stands(front, scene) if front and front.type == "CAMERA" else None)


def orbit_now(scene: bpy.types.Scene) -> SceneOrbit:
    """The same after everything in the scene has been brought up to date, as for a job.  Not to be drawn with."""
    _view_layer(scene).update()
    animated = scene.sv3d.scene_cameras.which == "ANIMATED"
    return orbit_of(scene, sampled(scene) if animated else None)


def missing(scene: bpy.types.Scene) -> str:
    """What has to be chosen before there can be an orbit; empty if nothing."""
    chosen = scene.sv3d.scene_cameras
    if chosen.which == "ANIMATED":
        return "" if chosen.camera else "Choose the animated camera first"
    if chosen.which == "RIG" and chosen.rig is None:
        return "Choose the collection of the orbit's cameras first"
    if _standing_cameras(scene):
        return ""
    return "Select the orbit's cameras first" if chosen.which == "SELECTED" else "The collection holds no cameras"


def sampled(scene: bpy.types.Scene) -> tuple[SceneCamera, ...]:
    """The animated camera at the scene's frames, the first to the last, at even steps where they are many.

    Another scene, which is taken away again, is what moves through the frames: in the artist's own, what is not keyed
    yet would be lost.
    """
    camera = scene.sv3d.scene_cameras.camera
    if camera is None:
        return ()
    stage = bpy.data.scenes.new("SV3D Orbit")
    try:
        stage.render.fps, stage.render.fps_base = scene.render.fps, scene.render.fps_base
        stage.collection.objects.link(camera)
        moments = []
        for frame in _frames(scene.frame_start, scene.frame_end):
            stage.frame_set(frame)
            moved = camera.evaluated_get(stage.view_layers[0].depsgraph)
            moments.append(_as_it_stands(moved, scene, f"{camera.name} at frame {frame}"))
        return tuple(moments)
    finally:
        bpy.data.scenes.remove(stage)


def place_of(target: bpy.types.Object) -> Point:
    """An object's middle in the world; of what has no size, its origin."""
    corners = [target.matrix_world @ Vector(corner) for corner in target.bound_box]
    if target.type == "EMPTY" or not corners or target.dimensions.length < 1e-6:
        return _point(target.matrix_world.translation)
    return _point(sum(corners, Vector()) / len(corners))


def _standing_cameras(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """The cameras in the order of their names, in which 10 comes after 9."""
    chosen = scene.sv3d.scene_cameras
    found: Iterable[bpy.types.Object] = ()
    if chosen.which == "SELECTED":
        found = _view_layer(scene).objects.selected
    elif chosen.rig:
        found = chosen.rig.all_objects
    cameras = [candidate for candidate in found if candidate.type == "CAMERA"]
    return sorted(cameras, key=lambda camera: [int(p) if p.isdigit() else p for p in _NUMBERS.split(camera.name)])


def _as_it_stands(camera: bpy.types.Object, scene: bpy.types.Scene, name: str = "") -> SceneCamera:
    return SceneCamera(name or camera.name, _rows(camera.matrix_world), _angle_across(camera.data, scene))


def _angle_across(camera: bpy.types.Camera, scene: bpy.types.Scene) -> float | None:
    """The angle across the square in the middle of what the camera renders."""
    if camera.type != "PERSP":
        return None
    corners = camera.view_frame(scene=scene)
    across = min(max(corner[axis] for corner in corners) - min(corner[axis] for corner in corners) for axis in (0, 1))
    return degrees(2 * atan(across / 2 / abs(corners[0].z)))


def _frames(first: int, last: int) -> list[int]:
    steps = max(1, min(_SAMPLES, last - first))
    return [first + round(i * (last - first) / steps) for i in range(steps + 1)]


def _view_layer(scene: bpy.types.Scene) -> bpy.types.ViewLayer:
    return bpy.context.view_layer if bpy.context.scene == scene else scene.view_layers[0]


def _rows(matrix: Matrix) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in matrix)


def _point(vector: Vector) -> Point:
    return vector.x, vector.y, vector.z
