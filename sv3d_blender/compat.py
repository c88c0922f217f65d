"""Everything that differs between the Blender versions this add-on runs in, 4.2 to 5.2."""

from collections.abc import Iterable
from pathlib import Path

import bpy

from ..sv3d_engine.shared.errors import UserError


def import_glb(path: Path) -> list[bpy.types.Object]:
    """Import a GLB with Blender's own add-on; the objects it made.  Raises UserError."""
    if not hasattr(bpy.types, "IMPORT_SCENE_OT_gltf"):
        raise UserError(
            "Blender's glTF importer is switched off, so the mesh cannot be brought into the scene.",
            "Enable the add-on “glTF 2.0 format” in the preferences, then press Import Again.",
        )
    before = set(bpy.data.objects)
    # glTF parts vertices at texture seams; merged again, the mesh is closed, as modifiers and sculpting want it.
    # 4.2 has no import_select_created_objects; selection is set by the caller in every version.
    try:
        status = bpy.ops.import_scene.gltf(filepath=str(path), import_shading="NORMALS", merge_vertices=True)
    except RuntimeError as error:
        status = {str(error)}
    if status != {"FINISHED"}:
        raise UserError(
            "Blender could not read the finished mesh.", "Generate the mesh again.", f"{path}\n{', '.join(status)}"
        )
    return [o for o in bpy.data.objects if o not in before]


def action_fcurves(animated: bpy.types.ID) -> Iterable[bpy.types.FCurve]:
    """The curves that animate a data-block; 5.0 keeps them in channel bags, one for each slot."""
    data = animated.animation_data
    if data is None or data.action is None:
        return ()
    if bpy.app.version < (5, 0, 0):
        return data.action.fcurves
    return [
        curve
        for layer in data.action.layers
        for strip in layer.strips
        if (bag := strip.channelbag(data.action_slot)) is not None
        for curve in bag.fcurves
    ]
