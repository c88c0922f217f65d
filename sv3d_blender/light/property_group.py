"""Which light a scene has now, and the World that it had of its own; saved with the file."""

import bpy
from bpy.props import BoolProperty, PointerProperty


class SV3DLight(bpy.types.PropertyGroup):
    """In each scene.  A pointer keeps a World in the file as long as it is wanted."""

    active: BoolProperty(options={"HIDDEN"})  # type: ignore[valid-type]  # whether the picture's light was chosen
    own: PointerProperty(type=bpy.types.World)  # type: ignore[valid-type]  # the scene's, to be given back
    ours: PointerProperty(type=bpy.types.World)  # type: ignore[valid-type]  # the picture's
    result: PointerProperty(type=bpy.types.Object)  # type: ignore[valid-type]  # whose light it is


CLASSES = (SV3DLight,)
