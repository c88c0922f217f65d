"""What Blender's Python runs from this folder finds its neighbours first: none may be called as something it needs."""

import sys
from pathlib import Path

BUILDING = Path(__file__).parents[2] / "building"
BLENDERS = {"bpy", "bmesh", "mathutils", "cycles", "addon_utils", "io_scene_gltf2", "numpy"}


def test_no_file_stands_in_the_place_of_a_module_of_blender_or_python():
    names = {file.stem for file in BUILDING.glob("*.py")}
    assert len(names) > 5
    assert not names & (BLENDERS | set(sys.stdlib_module_names))
