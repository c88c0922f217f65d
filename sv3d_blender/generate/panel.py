"""The SV3D tab of the 3D View and the Image Editor."""

import bpy

from .. import tab
from ..compare.panel import draw_comparison, draw_frames
from ..engine.session import session
from ..light.panel import draw_light
from ..manual import PAGE
from ..result.ops import orbit_camera
from ..result.picture_camera import picture_camera
from ..result.picture_panel import draw_picture
from ..setup import card
from ..translations import said
from . import cards, fields, queue_cards
from .starting import lacking


def draw_generate(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Fields and Generate, then what matters now: how far it is, what waits, what went wrong, what has come."""
    settings = context.scene.sv3d
    fields.draw_source(layout, settings)
    cards.draw_chosen(layout, context)
    fields.draw_goal(layout, settings)
    card.draw(layout, context)
    if settings.from_picture:
        cards.draw_preflight(layout, context)
    else:
        cards.draw_look(layout, context)
    hindered, missing = card.why_not(context), lacking(context)
    row = layout.row()
    row.scale_y = 1.5
    row.enabled = not (hindered or missing)
    waits = session.busy or bool(session.queue.waiting)
    row.operator("sv3d.generate", text="Add to Queue" if waits else "Generate", icon="MESH_MONKEY")
    if missing and settings.has_source and not hindered:
        cards.draw_text(layout, context, f"{said(missing)}.", "INFO")
    if session.busy and session.job:
        cards.draw_progress(layout, context, session.job)
    elif settings.from_picture and settings.has_source:
        cards.draw_expectation(layout, context)
    queue_cards.draw_queue(layout, context)
    if session.shown_failure:
        cards.draw_failure(layout, context, session.shown_failure)
    elif session.job and not session.busy:
        cards.draw_end(layout, context, session.job)
    queue_cards.draw_undelivered(layout, context)


def draw_compare(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """How the active object's orbit is shown."""
    if context.space_data.type == "VIEW_3D":
        layout.operator("sv3d.look_through", icon="CAMERA_DATA")
    layout.operator("sv3d.show_frames", icon="IMAGE_DATA")
    draw_frames(layout, orbit_camera(context))
    draw_comparison(layout, context)
    draw_picture(layout, context)
    draw_light(layout, context)


class _Tab:
    layout: bpy.types.UILayout
    bl_region_type = "UI"
    bl_category = tab.NAME


class _GeneratePanel(_Tab):
    bl_label = "SV3D"

    def draw_header_preset(self, _context: bpy.types.Context) -> None:
        self.layout.operator("wm.url_open", text="", icon="HELP", emboss=False).url = PAGE.as_uri()

    def draw(self, context: bpy.types.Context) -> None:
        draw_generate(self.layout, context)


class _AdvancedPanel(_Tab):
    bl_label = "Advanced"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        fields.draw_advanced(self.layout, context.scene.sv3d)


class _ComparePanel(_Tab):
    bl_label = "Compare with Orbit"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        kept = context.scene.sv3d_kept.active or context.scene.sv3d_light.active
        return kept or orbit_camera(context) is not None or picture_camera(context.active_object) is not None

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
