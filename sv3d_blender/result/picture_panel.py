"""The rows of the tab about the picture's own camera."""

import bpy

from .job_folder import mesh_of
from .picture_camera import picture_camera


def draw_picture(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Look through the picture, and how it is shown behind the object."""
    camera = picture_camera(context.active_object)
    kept = context.scene.sv3d_kept
    result = camera or mesh_of(context.active_object)
    if result is None and not kept.active:
        return
    column = layout.column(align=True)
    if result:
        if context.space_data.type == "VIEW_3D":
            column.operator("sv3d.look_through_picture", icon="IMAGE_REFERENCE")
        column.operator("sv3d.add_shadow_catcher", icon="MESH_PLANE")
    if kept.active:
        column.operator("sv3d.leave_picture", icon="LOOP_BACK")
    draw_background(layout, camera, "Picture", "Picture Opacity")


def draw_background(layout: bpy.types.UILayout, camera: bpy.types.Object | None, what: str, opacity: str) -> None:
    """How a camera shows ``what`` behind or before the object, as its row says."""
    for background in camera.data.background_images if camera else ():
        row = layout.row(align=True)
        row.label(text=what)
        row.prop(background, "display_depth", expand=True)
        layout.prop(background, "alpha", text=opacity, slider=True)
