"""Results that an earlier version brought into the scene: what they lack is made from their job's folder."""

import bpy
from mathutils import Vector

from .. import compat
from .frames import FIRST_SCENE_FRAME
from .job_folder import job_folder_of, orbit_camera_of
from .orbit_path import NO_CAMERAS, OrbitPath, read_orbit_path
from .picture_camera import add_picture_camera
from .picture_view import read_picture_view


def add_missing_picture_camera(result: bpy.types.Object) -> bpy.types.Object | None:
    """The picture's camera for a result that has none; None where its folder, or the orbit in it, is gone."""
    folder, orbit = job_folder_of(result), orbit_camera_of(result)
    if folder is None or orbit is None:
        return None
    try:
        path = read_orbit_path(folder / "cameras.json")
    except (OSError, *NO_CAMERAS):
        return None
    view = read_picture_view(folder, path)
    if view is None:
        return None
    camera = add_picture_camera(view, _middle(orbit, path), result, result.name, [])
    for collection in result.users_collection[:1]:
        collection.objects.link(camera)
    return camera


def _middle(orbit: bpy.types.Object, path: OrbitPath) -> Vector:
    """What the orbit goes round, in the result's space: where its camera is keyed first, less the way there."""
    first = Vector(orbit.location)
    for curve in compat.action_fcurves(orbit):
        if curve.data_path == "location":
            first[curve.array_index] = curve.evaluate(FIRST_SCENE_FRAME)
    return first - Vector(path.poses[0].location)
