"""Which cameras of the scene tell the orbit; kept with the scene."""

import bpy
from bpy.props import EnumProperty, PointerProperty


def _is_camera(_cameras: "SV3DSceneCameras", candidate: bpy.types.Object) -> bool:
    return candidate.type == "CAMERA"


class SV3DSceneCameras(bpy.types.PropertyGroup):
    which: EnumProperty(  # type: ignore[valid-type]
        name="Cameras",
        description="Which cameras of the scene tell the orbit",
        items=(
            ("SELECTED", "Selected", "The cameras that are selected now"),
            ("ANIMATED", "Animated Camera", "One camera, at the frames of the scene's range"),
            ("RIG", "Collection", "All the cameras of a collection, as Add Orbit Cameras makes one"),
        ),
    )
    camera: PointerProperty(  # type: ignore[valid-type]
        name="Camera",
        description="The animated camera. Its way over the scene's frames is the orbit",
        type=bpy.types.Object,
        poll=_is_camera,
    )
    rig: PointerProperty(  # type: ignore[valid-type]
        name="Collection",
        description="The collection that holds the orbit's cameras",
        type=bpy.types.Collection,
    )
    target: PointerProperty(  # type: ignore[valid-type]
        name="Target",
        description="What the cameras go round: an empty's place, or another object's middle. "
        "Without one, the point that they look at",
        type=bpy.types.Object,
    )
    front: PointerProperty(  # type: ignore[valid-type]
        name="Picture's View",
        description="Of the orbit's cameras, the one in the direction of this camera sees what the picture shows. "
        "Without one, the scene's active camera",
        type=bpy.types.Object,
        poll=_is_camera,
    )
