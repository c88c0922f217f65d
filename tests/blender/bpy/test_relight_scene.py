"""The relighting figure's renders: a mesh file in one of Blender's own lights, from an orbit's camera."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]


# In a process of its own, which ends without cleaning up: after its exporter for glTF bpy 4.2 dies of that.
RED_BOX = """
import os, sys, bpy
bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
bpy.ops.mesh.primitive_cube_add(size=1)
bpy.context.object.scale = (0.8, 0.2, 0.4)
material = bpy.data.materials.new("Red")
if material.node_tree is None:  # before Blender 5.0
    material.use_nodes = True
shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
shader.inputs["Base Color"].default_value = (0.8, 0.05, 0.05, 1)
bpy.context.object.data.materials.append(material)
bpy.ops.export_scene.gltf(filepath=sys.argv[1])
os._exit(0)
"""


@pytest.mark.parametrize(
    ("turned", "azimuth", "spins", "width"),
    [
        (0.0, 0.0, False, 0.2),
        (90.0, 0.0, False, 0.8),
        (20.0, 40.0, False, 0.46),  # seen 20° off its narrow side
        (20.0, 40.0, True, 0.46),  # the same view, whether the camera goes round it or it turns
    ],
)
def test_a_mesh_is_lit_and_stands_as_the_orbit_has_it(blender, tmp_path, turned, azimuth, spins, width):
    subprocess.run([sys.executable, "-c", RED_BOX, tmp_path / "box.glb"], check=True, capture_output=True)
    shot = {
        "mesh": str(tmp_path / "box.glb"),
        "light": "city.exr",
        "views": [(0.0, azimuth)],
        "spins": spins,
        "fov_deg": 33.8,
        "distance": 3.0,
        "turned": turned,
        "roughness": 0.6,
        "size": 32,
        "out": str(tmp_path),
    }
    (tmp_path / "shot.json").write_text(json.dumps(shot))
    subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "-m", "building.relight_scene", tmp_path / "shot.json"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )

    picture = blender.data.images.load(str(tmp_path / "000.png"))
    pixels = np.array(picture.pixels).reshape(32, 32, 4)[::-1]
    seen = pixels[..., 3] > 0.5
    a_pixel = 2 * np.tan(np.radians(16.9)) * 3.0 / 32  # at the box's middle, a little less at its front
    assert seen.any(0).sum() * a_pixel == pytest.approx(width * 3.0 / 2.75, abs=1.5 * a_pixel)
    red, green, _, _ = pixels[16, 16]
    assert 0.2 < red < 0.95
    assert green < 0.7 * red
