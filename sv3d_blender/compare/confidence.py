"""How well the frames show each place of a result, as colours that can be seen and taken away again."""

import bpy
import numpy as np

from .palette import CONFIDENCE

COLOURS = "SV3D Confidence"
_VALUES = "_CONFIDENCE"  # as the engine's file has them
_BEFORE = "sv3d_shading"  # how the view was shaded, and in what colours


def has_confidence(thing: bpy.types.Object | None) -> bool:
    """Whether an object's mesh tells how well its places were seen."""
    return thing is not None and thing.type == "MESH" and _VALUES in thing.data.attributes


def is_shown(thing: bpy.types.Object) -> bool:
    """Whether its colours are there."""
    return COLOURS in thing.data.color_attributes


def show(thing: bpy.types.Object, shading: bpy.types.View3DShading) -> None:
    """Colour the mesh by its confidence, and let the view show it."""
    mesh = thing.data
    values = np.zeros(len(mesh.vertices), np.float32)
    mesh.attributes[_VALUES].data.foreach_get("value", values)
    colours = mesh.color_attributes.new(COLOURS, "BYTE_COLOR", "POINT")
    colours.data.foreach_set("color_srgb", CONFIDENCE(values).ravel())
    mesh.color_attributes.active_color = mesh.color_attributes[COLOURS]
    thing[_BEFORE] = [shading.type, shading.color_type]
    shading.type, shading.color_type = "SOLID", "VERTEX"
    mesh.update()


def hide(thing: bpy.types.Object, shading: bpy.types.View3DShading) -> None:
    """Take the colours away, so that no export has them, and shade the view as before."""
    mesh = thing.data
    mesh.color_attributes.remove(mesh.color_attributes[COLOURS])
    kind, colours = thing.pop(_BEFORE, ("SOLID", "MATERIAL"))
    if (shading.type, shading.color_type) == ("SOLID", "VERTEX"):  # else the artist has chosen meanwhile
        shading.color_type, shading.type = colours, kind
