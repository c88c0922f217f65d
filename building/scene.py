"""Runs in Blender: a finished job through the add-on's own import into scene.blend, and a picture of it.

``python building/scene.py -- JOB`` with the bpy module, or ``blender -b --python building/scene.py -- JOB``; the
extension is expected in the settings that BLENDER_USER_RESOURCES names.
"""

import importlib
import math
import sys
from pathlib import Path

import bpy
from mathutils import Vector

MODULE = "bl_ext.user_default.sv3d"


def main(job: Path) -> None:
    import addon_utils  # found only once bpy has been imported

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    if addon_utils.enable(MODULE, default_set=True) is None:
        sys.exit(f"The add-on {MODULE} cannot be enabled")
    try:
        importer = importlib.import_module(f"{MODULE}.sv3d_blender.result.importer")
        result = importer.import_result(bpy.context, job, "Robot")
        _studio(result.mesh)
        bpy.ops.wm.save_as_mainfile(filepath=str(job / "scene.blend"))
        _picture(job / "preview.png")
    finally:
        addon_utils.disable(MODULE)  # handlers of an enabled add-on can keep the bpy module from ending


def _studio(mesh: bpy.types.Object) -> None:
    """Floor, light and a camera of its own beside what the add-on made."""
    bpy.context.view_layer.update()  # the import has just moved the mesh
    corners = [mesh.matrix_world @ Vector(corner) for corner in mesh.bound_box]
    middle = sum(corners, Vector()) / len(corners)
    foot = min(corner.z for corner in corners)
    scene = bpy.context.scene

    floor = bpy.data.meshes.new("Floor")
    floor.from_pydata([(x, y, foot) for x, y in ((-99, -99), (99, -99), (99, 99), (-99, 99))], [], [(0, 1, 2, 3)])
    scene.collection.objects.link(bpy.data.objects.new("Floor", floor))

    sun = bpy.data.lights.new("Sun", "SUN")
    sun.energy, sun.angle = 1.8, math.radians(15)
    lamp = bpy.data.objects.new("Sun", sun)
    lamp.rotation_euler = (math.radians(48), math.radians(8), math.radians(35))
    scene.collection.objects.link(lamp)
    scene.world = bpy.data.worlds.new("Demo")
    if scene.world.node_tree is None:  # before 5.0; from then on every world has one
        scene.world.use_nodes = True
    sky = next(node for node in scene.world.node_tree.nodes if node.type == "BACKGROUND")
    sky.inputs["Color"].default_value = (0.48, 0.5, 0.54, 1)

    eye = bpy.data.objects.new("Picture", bpy.data.cameras.new("Picture"))
    eye.data.lens = 70
    eye.location = middle + Vector((1.0, -2.5, 0.85))
    eye.rotation_euler = (middle - eye.location).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(eye)
    scene.camera = eye


def _picture(path: Path) -> None:
    """Cycles on the processor: works without a display or a graphics card."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = 32
    scene.cycles.use_denoising = True
    scene.render.resolution_x = scene.render.resolution_y = 640
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = str(path)
    try:
        bpy.ops.render.render(write_still=True)
    except RuntimeError:  # some builds of Blender come without the denoiser
        scene.cycles.use_denoising = False
        bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main(Path(sys.argv[sys.argv.index("--") + 1]).resolve())
