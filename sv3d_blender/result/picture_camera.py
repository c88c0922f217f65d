"""The picture's own camera: a still one that sees the mesh where the artist's picture shows the object."""

from contextlib import suppress

import bpy
from mathutils import Vector

from .picture_view import PictureView

_SIZE = "sv3d_picture_size"  # marks the camera, and tells the picture's pixels
_MOST = 65536  # pixels a side that a render can have


def add_picture_camera(
    view: PictureView, centre: Vector, target: bpy.types.Object, name: str, made: list[bpy.types.ID]
) -> bpy.types.Object:
    """A camera round ``centre``, a point in the space of ``target``, whose child it is; it is in no collection.

    What comes into the file is added to ``made``.
    """
    data = bpy.data.cameras.new(f"{name} picture")
    made.append(data)
    data.lens = view.lens
    data.sensor_fit = "HORIZONTAL"
    data.sensor_width = view.sensor_width
    data.shift_x, data.shift_y = view.shift_x, view.shift_y
    distance = Vector(view.pose.location).length
    data.clip_start, data.clip_end = distance / 100, distance * 100
    camera = bpy.data.objects.new(data.name, data)
    made.append(camera)
    if view.background:
        made.append(_add_background(data, view, name))
    camera[_SIZE] = (view.width, view.height)
    camera.parent = target
    camera.rotation_mode = "XYZ"
    camera.location = centre + Vector(view.pose.location)
    camera.rotation_euler = view.pose.rotation
    return camera


def is_picture_camera(thing: bpy.types.Object) -> bool:
    """Whether an object is a picture's camera."""
    return thing.type == "CAMERA" and _SIZE in thing


def picture_camera(active: bpy.types.Object | None) -> bpy.types.Object | None:
    """The picture's camera that belongs to an object, its orbit camera or its shadow catcher, or is it."""
    if active is None:
        return None
    family = (active, *active.children, *(active.parent.children if active.parent else ()))
    return next((thing for thing in family if is_picture_camera(thing)), None)


def picture_size(camera: bpy.types.Object) -> tuple[int, int] | None:
    """Width and height of the camera's picture in pixels; None if the mark tells no size."""
    with suppress(TypeError, ValueError, OverflowError):
        width, height = (int(side) for side in camera[_SIZE])
        if 4 <= width <= _MOST and 4 <= height <= _MOST:
            return width, height
    return None


def _add_background(data: bpy.types.Camera, view: PictureView, name: str) -> bpy.types.Image:
    image = bpy.data.images.load(str(view.background))
    image.name = f"{name} picture"
    data.show_background_images = True
    background = data.background_images.new()
    background.image = image
    background.frame_method = "FIT"
    background.display_depth = "BACK"
    background.alpha = 1.0
    return image
