"""The Image Editor's panel about the frame that is shown."""

from collections.abc import Iterable

import bpy

from .. import tab
from ..result.frames import frame_count, is_orbit
from ..translations import said
from .again import LEAST, too_few
from .ops import shown


def draw_frames(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Which frame it is, what can be done with it, and Mesh Again."""
    found = shown(context)
    if found is None:
        return
    orbit, index = found
    frames = list(orbit.sv3d_orbit.frames)
    frame = frames[index] if index < len(frames) else None
    rejected = frame is not None and frame.weight == 0
    text = said(
        "Frame {number} of {count}, rejected"
        if rejected
        else "Frame {number} of {count}, edited"
        if frame and frame.image
        else "Frame {number} of {count}",
        number=index + 1,
        count=frame_count(orbit),
    )
    layout.label(text=text, icon="CANCEL" if rejected else "IMAGE_DATA")
    column = layout.column(align=True)
    if is_orbit(context.space_data.image):
        column.operator("sv3d.edit_frame", icon="BRUSH_DATA")
    else:
        column.operator("sv3d.back_to_orbit", icon="LOOP_BACK")
    column.operator("sv3d.replace_frame", icon="FILEBROWSER")
    if rejected:
        column.operator("sv3d.keep_frame", icon="CHECKMARK")
    else:
        column.operator("sv3d.reject_frame", icon="X")
    column.operator("sv3d.put_back_frame", icon="RECOVER_LAST")
    if frame:
        layout.prop(frame, "weight", slider=True)
    if numbers := _numbers(bool(f.image) for f in frames):
        layout.label(text=said("Edited: {numbers}", numbers=numbers))
    if numbers := _numbers(f.weight == 0 for f in frames):
        layout.label(text=said("Rejected: {numbers}", numbers=numbers))
    row = layout.row()
    row.scale_y = 1.5
    row.enabled = not (frames and too_few(frames))
    row.operator("sv3d.mesh_again", icon="MESH_MONKEY")
    if not row.enabled:
        layout.label(text=said("Keep at least {count} frames.", count=LEAST), icon="INFO")


def _numbers(which: Iterable[bool]) -> str:
    return ", ".join(str(i + 1) for i, is_so in enumerate(which) if is_so)


class SV3D_PT_image_frames(bpy.types.Panel):
    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "UI"
    bl_category = tab.NAME
    bl_label = "Repair Frames"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return shown(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        draw_frames(self.layout, context)


CLASSES = (SV3D_PT_image_frames,)
