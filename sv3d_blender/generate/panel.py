"""The SV3D tab of the 3D View and the Image Editor."""

import bpy

from .. import tab
from ..engine.session import session
from ..result.ops import orbit_camera
from . import cards, fields


def draw_generate(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Fields, then the one thing that matters now: Generate, or how far it is, or what went wrong."""
    settings = context.scene.sv3d
    column = layout.column()
    column.enabled = not session.busy
    fields.draw_source(column, settings)
    fields.draw_goal(column, settings)
    if session.busy and session.job:
        cards.draw_progress(layout, session.job)
        return
    if settings.source == "PICTURE":
        cards.draw_preflight(layout, context)
    row = layout.row()
    row.scale_y = 1.5
    row.operator("sv3d.generate", icon="MESH_MONKEY")
    if settings.source == "PICTURE" and settings.picture:
        cards.draw_expectation(layout, context)
    if session.shown_failure:
        cards.draw_failure(layout, context, session.shown_failure)
    elif session.job:
        cards.draw_end(layout, context, session.job)


def draw_compare(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """How the active object's orbit is shown."""
    if context.space_data.type == "VIEW_3D":
        layout.operator("sv3d.look_through", icon="CAMERA_DATA")
    layout.operator("sv3d.show_frames", icon="IMAGE_DATA")
    camera = orbit_camera(context)
    for background in camera.data.background_images if camera else ():
        layout.row().prop(background, "display_depth", expand=True)
        layout.prop(background, "alpha", text="Frame Opacity", slider=True)


class _Tab:
    layout: bpy.types.UILayout
    bl_region_type = "UI"
    bl_category = tab.NAME


class _GeneratePanel(_Tab):
    bl_label = "SV3D"

    def draw(self, context: bpy.types.Context) -> None:
        draw_generate(self.layout, context)


class _AdvancedPanel(_Tab):
    bl_label = "Advanced"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.enabled = not session.busy
        fields.draw_advanced(self.layout, context.scene.sv3d)


class _ComparePanel(_Tab):
    bl_label = "Compare with Orbit"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return orbit_camera(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        draw_compare(self.layout, context)


class SV3D_PT_view3d_generate(_GeneratePanel, bpy.types.Panel):
    bl_space_type = "VIEW_3D"


class SV3D_PT_view3d_advanced(_AdvancedPanel, bpy.types.Panel):
    bl_space_type = "VIEW_3D"
    bl_parent_id = "SV3D_PT_view3d_generate"


class SV3D_PT_view3d_compare(_ComparePanel, bpy.types.Panel):
    bl_space_type = "VIEW_3D"


class SV3D_PT_image_generate(_GeneratePanel, bpy.types.Panel):
    bl_space_type = "IMAGE_EDITOR"


class SV3D_PT_image_advanced(_AdvancedPanel, bpy.types.Panel):
    bl_space_type = "IMAGE_EDITOR"
    bl_parent_id = "SV3D_PT_image_generate"


class SV3D_PT_image_compare(_ComparePanel, bpy.types.Panel):
    bl_space_type = "IMAGE_EDITOR"


CLASSES = (
    SV3D_PT_view3d_generate,
    SV3D_PT_view3d_advanced,
    SV3D_PT_view3d_compare,
    SV3D_PT_image_generate,
    SV3D_PT_image_advanced,
    SV3D_PT_image_compare,
)
