"""From the click to the scene, in the real window: another scene meanwhile, a queue, and how long anything holds it."""

from pathlib import Path

import numpy as np
import pytest
from conftest import STAND_IN, press_generate
from measure import LONGEST_TURN, WORKED
from PIL import Image

from sv3d_engine.reconstruction.asset.glb import TexturedMesh, write_glb


def test_a_scene_switched_meanwhile_and_a_queue_by_mouse(open_window, orbit_folder):
    window = open_window(STAND_IN, STAND_IN_SECONDS="40")
    window.exec("D.objects.remove(D.objects['Cube']); C.scene.name = 'Shop'; C.scene.cursor.location = (0, 0, 0)")
    window.exec(f"C.scene.sv3d.source = 'FOLDER'; C.scene.sv3d.folder = {str(orbit_folder)!r}")
    window.exec("bpy.ops.ed.undo_push(message='start')")
    window.open_sidebar("SV3D")
    press_generate(window)
    window.wait("session.busy and session.job.stage")
    window.settle(10)
    window.click_button("sv3d.generate")
    window.wait("len(session.queue.waiting) == 1")
    window.settle(10)
    window.keep("queue")
    window.wait("any('sv3d_live' in o for o in D.objects)", timeout=60)
    window.settle(10)
    window.keep("coarse")

    window.exec("other = D.scenes.new('Other'); C.window.scene = other")
    window.wait("'wedge' in D.scenes['Shop'].objects", timeout=90)
    window.keep("other-scene")
    assert window.eval("[o.name for o in D.scenes['Other'].objects]") == []
    assert "wedge" in window.eval("[o.name for o in D.scenes['Shop'].objects]")
    window.exec("C.window.scene = D.scenes['Shop']")
    window.wait("session.job.coarse is not None and session.busy", timeout=60)
    window.settle(20)
    window.click_button("sv3d.finish")
    window.wait("'wedge.001' in D.scenes['Shop'].objects", timeout=90)
    window.settle(10)
    window.keep("queue-done")
    assert window.eval("session.shown_failure") is None
    places = window.eval("[D.objects[n].matrix_world.translation.x for n in ('wedge', 'wedge.001')]")
    assert places[1] - places[0] > 0.5
    assert not window.eval("[o.name for o in D.objects if 'sv3d_live' in o]")


def test_nothing_holds_the_window_from_the_press_to_a_large_mesh(open_window, orbit_folder, tmp_path):
    """50,000 faces and 4096² textures, as "high" makes them."""
    window = large_window(open_window, tmp_path)
    window.exec(f"C.scene.sv3d.source = 'FOLDER'; C.scene.sv3d.folder = {str(orbit_folder)!r}")
    assert {"press", "tick", "draw"} <= turns_until_there(window, "wedge").keys()
    window.keep("large")


@pytest.mark.parametrize("deep", [False, True])
def test_nothing_holds_the_window_where_the_picture_was_painted(open_window, tmp_path, deep):
    """The same from a picture of 4096² that is nowhere but in Blender, of bytes or of floats."""
    window = large_window(open_window, tmp_path)
    window.exec(PAINTED.format(deep=deep))
    longest = turns_until_there(window, "Paint")
    assert {"press", "pixels", "tick", "draw"} <= longest.keys()
    window.keep("painted")
    picture = Path(window.eval("session.job.request.picture"))
    with Image.open(picture) as image:
        assert image.size == (4096, 4096)
        assert image.getpixel((4095, 4095)) == (255, 0, 0, 255)
        assert image.getpixel((0, 0))[2] == 255
    paint = "D.images['Paint']"
    state = f"({paint}.is_dirty, {paint}.source, {paint}.filepath, {paint}.packed_file)"
    assert window.eval(state) == [True, "GENERATED", "", None]


# Red at the lower right corner, blue elsewhere.
PAINTED = """
import numpy as np
image = D.images.new("Paint", 4096, 4096, alpha=True, float_buffer={deep})
pixels = np.empty((4096, 4096, 4), np.float32)
pixels[...] = 0, 0, 1, 1
pixels[0, -1] = 1, 0, 0, 1
image.pixels.foreach_set(pixels.ravel())
image.update()
C.scene.sv3d.source, C.scene.sv3d.picture = "PICTURE", image
"""


def large_window(open_window, folder: Path):
    mesh = folder / "large.glb"
    write_large(mesh)
    window = open_window(STAND_IN, STAND_IN_SECONDS="3", STAND_IN_MESH=str(mesh))
    window.exec("D.objects.remove(D.objects['Cube'])")
    return window


def turns_until_there(window, name: str) -> dict[str, float]:
    """The longest of each kind of the main thread's turns from the press to the mesh, in seconds: none is too long."""
    window.open_sidebar("SV3D")
    window.settle(10)
    window.exec(WORKED)
    press_generate(window)
    window.wait(f"{name!r} in D.objects", timeout=120)
    window.settle(10)
    assert window.eval(f"len(D.objects[{name!r}].data.polygons)") > 45_000
    longest = dict(sorted(window.eval("worked"), key=lambda turn: turn[1]))
    assert max(longest.values()) < LONGEST_TURN, longest
    return longest


def write_large(path: Path) -> None:
    side, size = 160, 4096
    v, u = np.meshgrid(np.linspace(0.01, np.pi - 0.01, side), np.linspace(0, 2 * np.pi, side), indexing="ij")
    points = np.stack([np.sin(v) * np.cos(u), np.sin(v) * np.sin(u), np.cos(v)], -1)
    points[:, -1] = points[:, 0]
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    faces = np.concatenate(
        [
            np.stack([corner, corner + side, corner + side + 1], 1),
            np.stack([corner, corner + side + 1, corner + 1], 1),
        ]
    )
    points, uv = points.reshape(-1, 3), np.stack([u.ravel() / 7, v.ravel() / 4], 1)
    noise = np.random.default_rng(0).integers(0, 40, (size, size, 3), dtype=np.uint8)
    write_glb(TexturedMesh(points / 2, points, uv, faces, noise, noise, noise), path)
