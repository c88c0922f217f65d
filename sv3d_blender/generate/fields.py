"""The tab's fields: what to start from and what to make."""

import bpy

from ..orbit import panel as orbit_panel
from ..translations import said
from .property_group import SV3DSettings

_PICTURE_SCALE = 6.0  # in rows


def draw_source(layout: bpy.types.UILayout, settings: SV3DSettings) -> None:
    """What the mesh is made from."""
    choices = layout.column(align=True)
    for sources in (("PICTURE", "PICTURES"), ("FOLDER", "SEQUENCE")):  # four in a row are wider than the tab
        row = choices.row(align=True)
        for source in sources:
            row.prop_enum(settings, "source", source)
    match settings.source:
        case "PICTURE":
            _draw_picture(layout, settings)
        case "FOLDER":
            layout.prop(settings, "folder", text="")
        case "SEQUENCE":
            layout.template_ID(settings, "sequence", open="image.open")
        case "PICTURES":
            layout.prop(settings, "pictures", text="")
    if settings.source == "PICTURES" and settings.has_source:
        count = settings.frame_count
        layout.label(
            text=said("{count} pictures", count=count) if count else "No pictures in it",
            icon="IMAGE_DATA" if count else "ERROR",
        )


def draw_goal(layout: bpy.types.UILayout, settings: SV3DSettings) -> None:
    """What to make: the few choices that change the result most."""
    column = _split_column(layout)
    if settings.from_picture:
        column.row().prop(settings, "make", expand=True)
        row = column.row(align=True)
        row.use_property_split = False  # the three words need the whole width
        row.prop(settings, "orbit_source", expand=True)
        row.prop(settings, "show_orbit", text="", icon="OVERLAY")
        match settings.orbit_source:
            case "FILE":
                column.prop(settings, "orbit_file")
            case "CAMERAS":
                orbit_panel.draw_cameras(column, settings.scene_cameras)
            case _:
                column.prop(settings, "orbit_kind")
                column.prop(settings, "orbit_file" if settings.orbit_kind == "file" else "elevation")
    else:
        column.prop(settings, "cameras")
        if not settings.cameras:
            column.prop(settings, "elevation")
        column.prop(settings, "cameras_as_given")
    if makes_mesh(settings):
        column.prop(settings, "preset")


def draw_advanced(layout: bpy.types.UILayout, settings: SV3DSettings) -> None:
    """What can be left as it is."""
    column = _split_column(layout)
    column.prop(settings, "seed")
    if makes_mesh(settings):
        _draw_automatic(column, settings, "own_faces", "faces")
        for name in ("texture", "material", "quads", "sds", "normals"):
            column.prop(settings, name)
    if not settings.from_picture:  # SV3D's own frames stand in one light
        column.prop(settings, "frame_light")
    column.prop(settings, "playback")
    if not settings.from_picture:
        return
    column.separator()
    rise = column.column()
    rise.active = settings.orbit_word in {"auto", "sine"}
    rise.prop(settings, "amplitude")
    column.prop(settings, "background_model")
    column.separator()
    column.prop(settings, "sampler")
    _draw_automatic(column, settings, "own_steps", "steps")
    column.prop(settings, "guidance")
    _draw_automatic(column, settings, "own_strength", "guidance_scale")
    column.separator()
    column.prop(settings, "memory")


def makes_mesh(settings: SV3DSettings) -> bool:
    """Whether it is more than an orbit that is made."""
    return not settings.from_picture or settings.make == "MESH"


def _draw_picture(layout: bpy.types.UILayout, settings: SV3DSettings) -> None:
    if settings.picture:
        layout.template_icon(layout.icon(settings.picture), scale=_PICTURE_SCALE)
        row = layout.row(align=True)
        row.template_ID(settings, "picture", open="image.open")
        row.operator("sv3d.use_active_image", text="", icon="EYEDROPPER")
    else:
        layout.template_ID(settings, "picture", open="image.open")
        layout.operator("sv3d.use_active_image", icon="IMAGE_DATA")
        layout.label(text="Or drop a picture file here", icon="IMPORT")


def _draw_automatic(layout: bpy.types.UILayout, settings: SV3DSettings, own: str, name: str) -> None:
    """A number that is chosen only where its box is ticked."""
    row = layout.row(heading=settings.bl_rna.properties[name].name, align=True)
    row.prop(settings, own, text="" if getattr(settings, own) else "Automatic")
    if getattr(settings, own):
        row.prop(settings, name, text="")


def _split_column(layout: bpy.types.UILayout) -> bpy.types.UILayout:
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    return column
