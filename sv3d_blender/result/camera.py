"""The orbit camera: one scene frame a picture, each picture as its background."""

import bpy
from mathutils import Vector

from .. import compat
from .frames import FIRST_SCENE_FRAME, follow_scene
from .orbit_path import SENSOR, OrbitPath


def add_orbit_camera(
    path: OrbitPath,
    centre: Vector,
    target: bpy.types.Object,
    frames: bpy.types.Image,
    name: str,
    scene: bpy.types.Scene,
) -> bpy.types.Object:
    """A camera that flies the orbit round ``centre``, a point in the space of ``target``, whose child it is.

    As a child it keeps to the object wherever that is moved, so mesh and frames always agree.  It is in no collection.
    """
    data = bpy.data.cameras.new(f"{name} camera")
    data.sensor_width = data.sensor_height = SENSOR
    data.lens = path.lens
    data.sensor_fit = square_side(scene.render)
    data.clip_start, data.clip_end = path.distance / 100, path.distance * 100
    _add_background(data, frames)

    camera = bpy.data.objects.new(data.name, data)
    camera.parent = target
    camera.rotation_mode = "XYZ"
    for frame, pose in enumerate(path.poses, FIRST_SCENE_FRAME):
        camera.location = centre + Vector(pose.location)
        camera.rotation_euler = pose.rotation
        camera.keyframe_insert("location", frame=frame)
        camera.keyframe_insert("rotation_euler", frame=frame)
    for curve in compat.action_fcurves(camera):
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"
    return camera


def look_through(camera: bpy.types.Object, space: bpy.types.SpaceView3D, scene: bpy.types.Scene) -> None:
    """Look through the orbit camera in one 3D view; the scene keeps its own camera."""
    camera.data.sensor_fit = square_side(scene.render)
    space.use_local_camera = True
    space.camera = camera
    space.region_3d.view_perspective = "CAMERA"


def looked_through(context: bpy.types.Context) -> bpy.types.Object | None:
    """The camera that the 3D View of a context looks through now."""
    space, turned = context.space_data, context.region_data
    if not isinstance(space, bpy.types.SpaceView3D) or turned is None or turned.view_perspective != "CAMERA":
        return None
    camera = space.camera if space.use_local_camera else context.scene.camera
    return camera if camera is not None and camera.type == "CAMERA" else None


def square_side(render: bpy.types.RenderSettings) -> str:
    """The side of the render that the square frame is fitted into: the shorter one."""
    wide = render.resolution_x * render.pixel_aspect_x >= render.resolution_y * render.pixel_aspect_y
    return "VERTICAL" if wide else "HORIZONTAL"


def _add_background(data: bpy.types.Camera, frames: bpy.types.Image) -> None:
    """The frames half-clear in front of the mesh: what differs is seen at once."""
    data.show_background_images = True
    background = data.background_images.new()
    background.image = frames
    background.frame_method = "FIT"
    background.display_depth = "FRONT"
    background.alpha = 0.5
    follow_scene(background.image_user, frames)
