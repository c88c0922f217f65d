"""A rig of orbit cameras, which the artist may move, key and edit."""

from collections.abc import Sequence
from math import radians
from typing import NamedTuple

import bpy
from mathutils import Vector

from ...sv3d_engine.shared.trajectory import SV3D_FOV_DEG, Pose
from ..result.camera import square_side
from ..result.orbit_path import SENSOR, CameraPose, camera_pose
from .rig_plan import along

NAME = "Orbit Cameras"


class Rig(NamedTuple):
    """The collection of a rig, and its camera that sees what the picture shows."""

    collection: bpy.types.Collection
    front: bpy.types.Object


def add_rig(
    scene: bpy.types.Scene, root: bpy.types.Object, poses: Sequence[Pose], radius: float, *, on_curve: bool
) -> Rig:
    """Cameras round ``root``, an empty: on a closed curve and turned to it, or each free, with it for a parent."""
    collection = bpy.data.collections.new(NAME)
    scene.collection.children.link(collection)
    if not root.users_collection:
        collection.objects.link(root)
    placed = [camera_pose(pose.elevation, pose.azimuth, radius) for pose in poses]
    cameras = [_camera(f"Orbit {i:02d}", scene, radius) for i in range(1, len(poses) + 1)]
    for camera in cameras:
        collection.objects.link(camera)
    if on_curve:
        curve = _curve(placed)
        collection.objects.link(curve)
        curve.parent = root
        _put_on(curve, root, cameras, placed)
    else:
        for camera, pose in zip(cameras, placed, strict=True):
            camera.parent, camera.location, camera.rotation_euler = root, pose.location, pose.rotation
    return Rig(collection, cameras[-1])


def add_root(place: Vector, around: bpy.types.Object | None, radius: float) -> bpy.types.Object:
    """The rig's middle: an empty, in no collection yet, that goes with ``around`` where that is moved."""
    root = bpy.data.objects.new("Orbit Target", None)
    root.empty_display_type, root.empty_display_size = "SPHERE", radius / 20
    root.location = place
    if around:
        root.parent = around
        root.matrix_parent_inverse = around.matrix_world.inverted_safe()
    return root


def _camera(name: str, scene: bpy.types.Scene, radius: float) -> bpy.types.Object:
    data = bpy.data.cameras.new(name)
    data.sensor_width = data.sensor_height = SENSOR
    data.sensor_fit = square_side(scene.render)
    data.angle = radians(SV3D_FOV_DEG)
    data.display_size = radius / 10
    data.clip_start, data.clip_end = radius / 100, radius * 100
    return bpy.data.objects.new(name, data)


def _curve(placed: Sequence[CameraPose]) -> bpy.types.Object:
    data = bpy.data.curves.new("Orbit", "CURVE")
    data.dimensions = "3D"
    spline = data.splines.new("BEZIER")
    spline.use_cyclic_u = True
    spline.bezier_points.add(len(placed) - 1)
    for point, pose in zip(spline.bezier_points, placed, strict=True):
        point.co = pose.location
        point.handle_left_type = point.handle_right_type = "AUTO"
    return bpy.data.objects.new("Orbit", data)


def _put_on(
    curve: bpy.types.Object,
    root: bpy.types.Object,
    cameras: Sequence[bpy.types.Object],
    placed: Sequence[CameraPose],
) -> None:
    # Blender's way along a closed curve begins at its last point.
    from_last = [cameras[-1], *cameras[:-1]]
    shares = along([pose.location for pose in (placed[-1], *placed[:-1])])
    for camera, share in zip(from_last, shares, strict=True):
        follow = camera.constraints.new("FOLLOW_PATH")
        follow.target, follow.use_fixed_location, follow.offset_factor = curve, True, share
        look = camera.constraints.new("TRACK_TO")
        look.target, look.track_axis, look.up_axis = root, "TRACK_NEGATIVE_Z", "UP_Y"
