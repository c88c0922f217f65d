"""Runs in Blender's Python: a mesh in the light of one of Blender's own HDRIs, seen from an orbit's cameras.

``python -m building.relight_scene SHOT.json`` with the bpy module, from the project's folder; SHOT is what
``relight.Shot`` holds.
"""

import json
import math
import sys
from pathlib import Path

import bpy
import numpy as np
from mathutils import Euler, Matrix, Vector

from .cycles_settings import settle

RADIANCE = 0.6  # mean over the sphere: little of a white object clips
SAMPLES = 16  # a pixel, denoised


def main(shot: dict) -> None:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.import_scene.gltf(filepath=shot["mesh"])
    scene = bpy.context.scene
    for thing in [o for o in scene.objects if o.parent is None]:
        thing.matrix_world = Matrix.Rotation(math.radians(shot["turned"]), 4, "Z") @ thing.matrix_world
    if shot["roughness"] is not None:
        _set_roughness(shot["roughness"])
    _light(shot["light"])
    settle(SAMPLES, shot["size"])
    scene.cycles.caustics_reflective = scene.cycles.caustics_refractive = False
    camera = bpy.data.cameras.new("Camera")
    camera.sensor_fit, camera.angle = "HORIZONTAL", math.radians(shot["fov_deg"])
    eye = bpy.data.objects.new("Camera", camera)
    scene.collection.objects.link(eye)
    scene.camera = eye
    whole = [(o, o.matrix_world.copy()) for o in scene.objects if o.parent is None and o is not eye]
    for number, (elevation, azimuth) in enumerate(shot["views"]):
        e, a = math.radians(elevation), math.radians(azimuth)
        if shot["spins"]:  # on a turntable: the camera stays in front, and so do the lamps
            for thing, placed in whole:
                thing.matrix_world = Matrix.Rotation(-a, 4, "Z") @ placed
            a = 0.0
        eye.location = shot["distance"] * Vector((math.cos(e) * math.cos(a), math.cos(e) * math.sin(a), math.sin(e)))
        eye.rotation_euler = Euler((math.pi / 2 - e, 0, a + math.pi / 2))
        scene.render.filepath = str(Path(shot["out"]) / f"{number:03d}.png")
        bpy.ops.render.render(write_still=True)


def _set_roughness(roughness: float) -> None:
    """A benchmark's mesh carries its base colour alone."""
    for material in bpy.data.materials:
        if material.node_tree is not None:
            for node in material.node_tree.nodes:
                if node.type == "BSDF_PRINCIPLED":
                    node.inputs["Roughness"].default_value = roughness


def _light(name: str) -> None:
    """The HDRI all round, scaled to a mean radiance of RADIANCE."""
    world = bpy.context.scene.world = bpy.data.worlds.new("Light")
    if world.node_tree is None:  # before Blender 5.0
        world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    picture = bpy.data.images.load(str(Path(bpy.utils.system_resource("DATAFILES")) / "studiolights" / "world" / name))
    width, height = picture.size
    pixels = np.empty(width * height * picture.channels, np.float32)
    picture.pixels.foreach_get(pixels)
    rows = pixels.reshape(height, -1, picture.channels)[..., :3].mean((1, 2))
    weight = np.sin((np.arange(height) + 0.5) / height * math.pi)  # of a row's solid angle
    environment = nodes.new("ShaderNodeTexEnvironment")
    environment.image = picture
    background = next(node for node in nodes if node.type == "BACKGROUND")
    background.inputs["Strength"].default_value = RADIANCE / float(np.average(rows, weights=weight))
    links.new(environment.outputs["Color"], background.inputs["Color"])


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[-1]).read_text(encoding="utf-8")))
