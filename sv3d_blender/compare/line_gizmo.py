"""The wipe's line can be taken with the mouse and drawn over the view."""

import bpy

from .. import tab
from .sight import sight

_REACH = 12.0  # pixels at interface scale 1


class SV3D_GT_wipe(bpy.types.Gizmo):
    """Nothing of its own is seen: the line is drawn with the frame, also where gizmos are off."""

    bl_idname = "SV3D_GT_wipe"

    def draw(self, context: bpy.types.Context) -> None:
        """The line is there already."""

    def test_select(self, context: bpy.types.Context, location: tuple[float, float]) -> int:
        seen = sight(context)
        reach = _REACH * context.preferences.system.ui_scale
        is_there = seen and seen.square.is_at_line(seen.compare.wipe, *location, reach)
        return 0 if is_there else -1

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        seen = sight(context)
        if seen is None:
            return {"CANCELLED"}
        self.before = seen.compare.wipe
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event, _tweak: set[str]) -> set[str]:
        if seen := sight(context):
            seen.compare.wipe = seen.square.share(event.mouse_region_x)
        return {"RUNNING_MODAL"}

    def exit(self, context: bpy.types.Context, cancel: bool) -> None:
        seen = sight(context)
        if seen and cancel:
            seen.compare.wipe = self.before
        elif seen:
            bpy.ops.ed.undo_push(message="Wipe")
        tab.redraw()


class SV3D_GGT_wipe(bpy.types.GizmoGroup):
    bl_idname = "SV3D_GGT_wipe"
    bl_label = "Wipe"
    bl_space_type = "VIEW_3D"
    bl_region_type = "WINDOW"
    bl_options = {"PERSISTENT", "SHOW_MODAL_ALL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        seen = sight(context)
        return seen is not None and seen.compare.how == "WIPE"

    def setup(self, _context: bpy.types.Context) -> None:
        line = self.gizmos.new(SV3D_GT_wipe.bl_idname)
        line.use_draw_modal = True


CLASSES = (SV3D_GT_wipe, SV3D_GGT_wipe)
