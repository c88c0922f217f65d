"""What can be done with the selected result, in the tab."""

import bpy

from .. import tab
from .chosen import result_at_hand
from .lighter import MODIFIER


def draw_use(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The buttons, each with what it has made already."""
    layout.operator("sv3d.mark_asset", icon="ASSET_MANAGER")
    column = layout.column(align=True)
    column.operator("sv3d.decimate", icon="MOD_DECIM")
    if (result := result_at_hand(context)) and (modifier := result.modifiers.get(MODIFIER)):
        column.prop(modifier, "ratio", slider=True)
    layout.operator("sv3d.make_lods", icon="MOD_ARRAY")
    column = layout.column(align=True)
    column.operator_context = "INVOKE_DEFAULT"
    column.operator("sv3d.export_game", icon="EXPORT")
    column.operator("sv3d.export_print", icon="EXPORT")


class SV3D_PT_view3d_use(bpy.types.Panel):
    bl_label = "For Use"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = tab.NAME
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return result_at_hand(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        draw_use(self.layout, context)


CLASSES = (SV3D_PT_view3d_use,)
