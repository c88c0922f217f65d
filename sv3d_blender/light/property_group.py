"""Which light a scene has now, and the World that it had of its own; saved with the file."""

import bpy
from bpy.props import BoolProperty, PointerProperty


class SV3DLight(bpy.types.PropertyGroup):
    """In each scene.  A pointer keeps a World in the file as long as it is wanted."""

    active: BoolProperty(  # type: ignore[valid-type]
        description="Whether the picture's light was chosen", options={"HIDDEN"}
    )
    own: PointerProperty(  # type: ignore[valid-type]
        description="The scene's own World, to be given back", type=bpy.types.World
    )
    ours: PointerProperty(  # type: ignore[valid-type]
        description="The World with the picture's light", type=bpy.types.World
    )
    result: PointerProperty(  # type: ignore[valid-type]
        description="The result whose light it is", type=bpy.types.Object
    )


CLASSES = (SV3DLight,)
