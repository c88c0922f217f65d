"""Runs in Blender's Python: a finished job as the add-on brings it into a scene, rendered by Cycles.

``python -m building.result_scene ORDER.json`` with the bpy module, from the project's folder; ORDER is what
``scene_evaluation.Order`` holds.  BLENDER_USER_RESOURCES names a folder for settings of its own.
"""

import importlib
import json
import os
import sys
from pathlib import Path

import bpy

from .cycles_settings import settle
from .extension import stage

MODULE = "bl_ext.user_default.sv3d"


def main(order: dict) -> None:
    import addon_utils  # found only once bpy has been imported

    stage(Path(os.environ["BLENDER_USER_RESOURCES"], "extensions", "user_default", "sv3d"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    if addon_utils.enable(MODULE, default_set=True) is None:
        sys.exit(f"The add-on {MODULE} cannot be enabled")
    try:
        importer = importlib.import_module(f"{MODULE}.sv3d_blender.result.importer")
        result = importer.import_result(bpy.context, Path(order["job"]))
        settle(order["samples"])
        if order["through_picture"]:
            bpy.ops.sv3d.look_through_picture()
            _render(order, 0)
            return
        bpy.ops.sv3d.set_light(light="PICTURE")
        if order["matt"]:
            _matt(result.mesh)
        scene = bpy.context.scene
        scene.camera = result.camera
        scene.render.resolution_x = scene.render.resolution_y = order["size"]
        for frame in order["frames"]:
            scene.frame_set(frame + 1)
            _render(order, frame)
    finally:
        addon_utils.disable(MODULE)  # handlers of an enabled add-on can keep the bpy module from ending


def _render(order: dict, number: int) -> None:
    bpy.context.scene.render.filepath = str(Path(order["out"]) / f"{number:03d}.png")
    bpy.ops.render.render(write_still=True)


def _matt(mesh: bpy.types.Object) -> None:
    """The base colour alone, without gloss or metal."""
    for slot in mesh.material_slots:
        tree = slot.material.node_tree
        shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
        for name, value in (("Roughness", 1.0), ("Metallic", 0.0), ("Specular IOR Level", 0.0)):
            for link in list(shader.inputs[name].links):
                tree.links.remove(link)
            shader.inputs[name].default_value = value


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[-1]).read_text(encoding="utf-8")))
