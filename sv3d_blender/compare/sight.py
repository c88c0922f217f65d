"""What a 3D View looks at: an orbit camera that compares, the frame that is due, and where it stands on the screen."""

from dataclasses import dataclass

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Vector

from ..result.camera import looked_through
from ..result.frames import shown_frame
from ..result.job_folder import frames_behind
from .property_group import SV3DCompare
from .square import Square, around


@dataclass(frozen=True)
class Sight:
    """An orbit camera that is looked through, not by Blender's own blending."""

    camera: bpy.types.Object
    orbit: bpy.types.Image
    index: int  # of the frame
    square: Square

    @property
    def compare(self) -> SV3DCompare:
        return self.camera.data.sv3d_compare


def sight(context: bpy.types.Context) -> Sight | None:
    """What is to be compared in this 3D View; None where it looks through no such camera, or overlays are off."""
    camera = looked_through(context)
    if camera is None or camera.data.sv3d_compare.how == "BLEND" or not context.space_data.overlay.show_overlays:
        return None
    orbit = frames_behind(camera)
    if orbit is None:
        return None
    corners = [location_3d_to_region_2d(context.region, context.region_data, place) for place in _corners(camera)]
    if any(corner is None for corner in corners):
        return None
    square = around([(corner.x, corner.y) for corner in corners])
    return Sight(camera, orbit, shown_frame(orbit, context.scene), square)


def half_tangent(camera: bpy.types.Camera) -> float:
    """The tangent of half the frame's field of view."""
    return float(camera.sensor_width / 2 / camera.lens)


def _corners(camera: bpy.types.Object) -> list[Vector]:
    """The frame's corners in the world, one unit before the camera."""
    place, turn, _scale = camera.matrix_world.decompose()
    half = half_tangent(camera.data)
    return [place + turn @ Vector((x * half, y * half, -1.0)) for x in (-1, 1) for y in (-1, 1)]
