"""The rows of the tab about comparing."""

import bpy

from ..result.picture_panel import draw_background
from .confidence import has_confidence, is_shown


def draw_frames(layout: bpy.types.UILayout, camera: bpy.types.Object | None) -> None:
    """How the orbit camera shows frames and mesh together."""
    if camera is None:
        return
    compare = camera.data.sv3d_compare
    layout.row().prop(compare, "how", expand=True)
    match compare.how:
        case "BLEND":
            draw_background(layout, camera, "Frames", "Frame Opacity")
        case "WIPE":
            layout.prop(compare, "wipe", slider=True)


def draw_comparison(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The frames as a strip, and how sure each place is."""
    layout.operator("sv3d.add_strip", icon="SEQ_SEQUENCER")
    thing = context.active_object
    if thing and has_confidence(thing) and context.space_data.type == "VIEW_3D":
        layout.operator("sv3d.show_confidence", icon="COLOR", depress=is_shown(thing))
