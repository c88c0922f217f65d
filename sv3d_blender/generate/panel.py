"""The SV3D tab of the 3D View and the Image Editor."""

import bpy

from ..engine.job import Failure, Job, Phase
from ..engine.session import session
from ..result.delivery import title
from ..result.ops import orbit_camera
from . import preview, wording
from .source import FEWEST_FRAMES

_PREVIEW_SCALE = 8.0  # in rows


def draw_generate(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Fields, then the one thing that matters now: Generate, or how far it is, or what went wrong."""
    settings = context.scene.sv3d
    fields = layout.column()
    fields.enabled = not session.busy
    _draw_source(fields, settings)
    if session.busy and session.job:
        _draw_progress(layout, session.job)
        return
    row = layout.row()
    row.scale_y = 1.5
    row.operator("sv3d.generate", icon="MESH_MONKEY")
    if session.shown_failure:
        _draw_failure(layout, context, session.shown_failure)
    elif session.job:
        _draw_end(layout, context, session.job)


def draw_compare(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """How the active object's orbit is shown."""
    if context.space_data.type == "VIEW_3D":
        layout.operator("sv3d.look_through", icon="CAMERA_DATA")
    layout.operator("sv3d.show_frames", icon="IMAGE_DATA")
    camera = orbit_camera(context)
    for background in camera.data.background_images if camera else ():
        layout.row().prop(background, "display_depth", expand=True)
        layout.prop(background, "alpha", text="Frame Opacity", slider=True)


def _draw_source(layout: bpy.types.UILayout, settings: bpy.types.PropertyGroup) -> None:
    layout.row().prop(settings, "source", expand=True)
    if settings.source == "FOLDER":
        layout.prop(settings, "folder", text="")
    else:
        layout.template_ID(settings, "sequence", open="image.open")
    if settings.has_source:
        count = settings.frame_count
        layout.label(
            text=f"{count} frames" if count >= FEWEST_FRAMES else f"{count} frames; {FEWEST_FRAMES} are needed",
            icon="RENDERLAYERS" if count >= FEWEST_FRAMES else "ERROR",
        )
    split = layout.column()
    split.use_property_split = True
    split.use_property_decorate = False
    split.prop(settings, "cameras")
    if not settings.cameras:
        split.prop(settings, "elevation")
    split.prop(settings, "seed")
    split.prop(settings, "preset")


def _draw_progress(layout: bpy.types.UILayout, job: Job) -> None:
    layout.progress(factor=job.fraction, text=wording.progress_line(job))
    if line := wording.time_line(job):
        layout.label(text=line, icon="TIME")
    layout.operator("sv3d.cancel", icon="CANCEL")
    if job.preview:
        layout.template_icon(preview.icon(job.preview), scale=_PREVIEW_SCALE)


def _draw_end(layout: bpy.types.UILayout, context: bpy.types.Context, job: Job) -> None:
    box = layout.box()
    if job.phase is Phase.CANCELLED:
        box.label(text="Cancelled. Finished stages are kept.", icon="INFO")
        row = box.row()
        row.operator("sv3d.resume", icon="PLAY")
        row.operator("sv3d.dismiss", icon="X")
    elif job.result:
        box.label(text=f"{title(job)}: made in {wording.duration(job.result.seconds)}", icon="CHECKMARK")
        if session.waiting_to_deliver:
            box.label(text="Waits for Object Mode", icon="SORTTIME")
        again = box.operator("sv3d.import_result", text="Import Again", icon="IMPORT")
        again.folder, again.title = job.result.out, title(job)


def _draw_failure(layout: bpy.types.UILayout, context: bpy.types.Context, failure: Failure) -> None:
    """The error card: cause, remedy, and what helps in one click."""
    box = layout.box()
    width = context.region.width / context.preferences.system.ui_scale - 60
    for text, icon, alert in ((failure.cause, "ERROR", True), (failure.remedy, "INFO", False)):
        column = box.column(align=True)
        column.alert = alert
        column.scale_y = 0.8
        for i, line in enumerate(wording.lines(text, width)):
            column.label(text=line, icon="BLANK1" if i else icon)
    if session.job and session.job.phase is Phase.FAILED:
        box.operator("sv3d.resume", icon="PLAY")
    if session.job and session.job.result:
        again = box.operator("sv3d.import_result", text="Import Again", icon="IMPORT")
        again.folder, again.title = session.job.result.out, title(session.job)
    row = box.row(align=True)
    row.operator("sv3d.preferences", text="Preferences", icon="PREFERENCES")
    row.operator("sv3d.copy_report", icon="COPYDOWN")
    row.operator("sv3d.dismiss", text="", icon="X")


class _Tab:
    layout: bpy.types.UILayout
    bl_region_type = "UI"
    bl_category = "SV3D"


class _GeneratePanel(_Tab):
    bl_label = "SV3D"

    def draw(self, context: bpy.types.Context) -> None:
        draw_generate(self.layout, context)


class _ComparePanel(_Tab):
    bl_label = "Compare with Orbit"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return orbit_camera(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        draw_compare(self.layout, context)


class SV3D_PT_view3d_generate(_GeneratePanel, bpy.types.Panel):
    bl_space_type = "VIEW_3D"


class SV3D_PT_image_generate(_GeneratePanel, bpy.types.Panel):
    bl_space_type = "IMAGE_EDITOR"


class SV3D_PT_view3d_compare(_ComparePanel, bpy.types.Panel):
    bl_space_type = "VIEW_3D"


class SV3D_PT_image_compare(_ComparePanel, bpy.types.Panel):
    bl_space_type = "IMAGE_EDITOR"


CLASSES = (SV3D_PT_view3d_generate, SV3D_PT_image_generate, SV3D_PT_view3d_compare, SV3D_PT_image_compare)
