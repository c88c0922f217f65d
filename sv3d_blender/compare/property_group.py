"""How an orbit camera compares mesh and frames; saved with the camera."""

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty

from .. import tab


def _changed(compare: "SV3DCompare", _context: bpy.types.Context) -> None:
    """Half-clear frames would lie over everything else: they go while another way is chosen, and come back."""
    camera = compare.id_data
    if compare.how == "BLEND":
        if compare.hides:
            camera.show_background_images, compare.hides = True, False
    elif camera.show_background_images:
        camera.show_background_images, compare.hides = False, True
    tab.redraw_views()


def _moved(_compare: "SV3DCompare", _context: bpy.types.Context) -> None:
    tab.redraw_views()


class SV3DCompare(bpy.types.PropertyGroup):
    """In each camera; used by those of orbits."""

    how: EnumProperty(  # type: ignore[valid-type]
        name="Compare By",
        description="How frames and mesh are shown while you look through the orbit camera",
        items=(
            ("BLEND", "Blend", "The frame lies half clear over the mesh"),
            ("WIPE", "Wipe", "A line parts the view: the frame on its left, the mesh on its right. Drag the line"),
            (
                "DIFFERENCE",
                "Difference",
                "How far the mesh's colours, in the picture's light and without gloss, are from the frame's",
            ),
        ),
        default="BLEND",
        update=_changed,
    )
    wipe: FloatProperty(  # type: ignore[valid-type]
        name="Wipe",
        description="Where the line is, from the frame's left side to its right",
        default=0.5,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        update=_moved,
    )
    hides: BoolProperty(  # type: ignore[valid-type]
        description="Whether the camera's background images are hidden until Blend is chosen again", options={"HIDDEN"}
    )


def blend_all() -> None:
    """Show the frames of all cameras as Blender itself does: what else there is goes with the add-on."""
    for camera in bpy.data.cameras:
        if camera.sv3d_compare.how != "BLEND" and not camera.library:
            camera.sv3d_compare.how = "BLEND"


CLASSES = (SV3DCompare,)
