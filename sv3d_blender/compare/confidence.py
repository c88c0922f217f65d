"""How well the frames show each place of a result, as colours that can be seen and taken away again."""

import bpy
import numpy as np
from numpy.typing import NDArray

COLOURS = "SV3D Confidence"
_VALUES = "_CONFIDENCE"  # as the engine's file has them
_BEFORE = "sv3d_shading"  # how the view was shaded, and in what colours
# From hardly seen to well seen; told apart also without red and green.
_STOPS = np.array([[0.27, 0.0, 0.33], [0.13, 0.57, 0.55], [0.99, 0.91, 0.14]])


def has_confidence(thing: bpy.types.Object | None) -> bool:
    """Whether an object's mesh tells how well its places were seen."""
    return thing is not None and thing.type == "MESH" and _VALUES in thing.data.attributes


def is_shown(thing: bpy.types.Object) -> bool:
    """Whether its colours are there."""
    return COLOURS in thing.data.color_attributes


def ramp(values: NDArray[np.float32]) -> NDArray[np.float32]:  # (V,) in [0, 1] -> (V, 4) sRGB
    """Violet for what no frame shows well, yellow for what several do."""
    places = np.linspace(0.0, 1.0, len(_STOPS))
    channels = [np.interp(values, places, channel) for channel in _STOPS.T]
    return np.stack([*channels, np.ones(len(values))], 1).astype(np.float32)


def show(thing: bpy.types.Object, shading: bpy.types.View3DShading) -> None:
    """Colour the mesh by its confidence, and let the view show it."""
    mesh = thing.data
    values = np.zeros(len(mesh.vertices), np.float32)
    mesh.attributes[_VALUES].data.foreach_get("value", values)
    colours = mesh.color_attributes.new(COLOURS, "BYTE_COLOR", "POINT")
    colours.data.foreach_set("color_srgb", ramp(values).ravel())
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
