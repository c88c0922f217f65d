"""The rows of the tab about comparing."""

import bpy

from .confidence import has_confidence, is_shown


def draw_comparison(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The frames as a strip, and how sure each place is."""
    layout.operator("sv3d.add_strip", icon="SEQ_SEQUENCER")
    thing = context.active_object
    if thing and has_confidence(thing) and context.space_data.type == "VIEW_3D":
        layout.operator("sv3d.show_confidence", icon="COLOR", depress=is_shown(thing))
