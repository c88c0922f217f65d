"""From a picture, in the real window: chosen or dropped, the orbit as it emerges, and what comes of it."""

import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
import wedge
from conftest import STAND_IN, press_generate
from measure import LONGEST_TURN, TIMED

from sv3d_engine.shared.model_facts import bundled_weights
from tests.golden import write_checkpoint
from tests.sv3d.network.small import manifest

EDITOR = "next(a for a in C.window.screen.areas if a.type == 'IMAGE_EDITOR').spaces.active"
SETTINGS = "C.scene.sv3d"
PREFERENCES = "C.preferences.addons['bl_ext.user_default.sv3d'].preferences"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return wedge.write_weights(tmp_path / "sv3d_p.safetensors")


def test_active_image_becomes_an_orbit_and_then_a_mesh(open_window, picture, weights):
    window = open_window(STAND_IN, STAND_IN_SECONDS="40")
    window.exec("D.objects.remove(D.objects['Cube']); C.scene.cursor.location = (0, 0, 0)")
    window.exec("next(a for a in C.window.screen.areas if a.type == 'PROPERTIES').type = 'IMAGE_EDITOR'")
    window.settle(5)
    window.open_sidebar("SV3D")
    window.settle(10)
    window.keep("picture-none")
    assert not window.eval("bpy.ops.sv3d.use_active_image.poll()")
    window.exec(f"{EDITOR}.image = D.images.load({str(picture)!r})")
    window.click_button("sv3d.use_active_image")
    assert window.eval(f"{SETTINGS}.picture.name") == "cow.png"
    window.settle(10)
    window.keep("picture-weights-wanted")
    assert window.eval("bpy.ops.sv3d.generate.poll()") == (bundled_weights() is not None)

    window.exec(f"{PREFERENCES}.weights = {str(weights)!r}; {SETTINGS}.make = 'ORBIT'")
    press_generate(window)
    window.wait("session.job.preview and session.job.preview.is_orbit", timeout=60)
    window.wait("session.job.preview.edition > 5", timeout=60)
    tab = window.region("VIEW_3D", "UI")
    seen = [window.image(rect=tab)]
    for _ in range(2):
        time.sleep(0.4)
        seen.append(window.image(rect=tab))
    window.keep("picture-orbit-emerging")
    assert all(one.difference(other) for one, other in pairwise(seen))  # it turns

    # The artist's picture stays in the Image Editor until she asks for the orbit.
    assert window.eval(f"{EDITOR}.image.name") == "cow.png"
    window.click_button("sv3d.show_preview")
    assert window.eval(f"{EDITOR}.image.name") == "SV3D Orbit"
    assert window.eval(f"{EDITOR}.image_user.frame_duration") == 21
    window.settle(10)
    window.keep("picture-orbit-in-editor")

    window.wait("not session.busy and not session.waiting_to_deliver", timeout=200)
    assert window.eval("session.shown_failure") is None
    assert window.eval("[o.type for o in C.object.children]") == ["CAMERA"]
    assert window.eval(f"{EDITOR}.image.name") == "cow frames"
    window.settle(10)
    window.keep("picture-orbit-done")
    window.click_button("sv3d.look_through")
    window.exec("C.scene.frame_set(5)")
    window.settle(20)
    window.keep("picture-orbit-camera")

    window.click_button("sv3d.use_orbit")
    assert window.eval(f"{SETTINGS}.frame_count") == 21
    window.settle(10)
    window.keep("picture-orbit-as-source")
    press_generate(window)
    window.wait("'cow' in D.meshes", timeout=200)


def test_a_picture_dropped_on_the_tab(open_window, picture, weights):
    window = open_window(STAND_IN, STAND_IN_SECONDS="1")
    window.exec(f"{PREFERENCES}.weights = {str(weights)!r}")
    window.open_sidebar("SV3D")
    files = f"directory={str(picture.parent)!r}, files=[{{'name': {picture.name!r}}}]"
    handler = "bpy.types.FileHandler.bl_rna_get_subclass_py('SV3D_FH_picture')"
    assert not window.eval(f"{handler}.poll_drop(C)", "VIEW_3D", "WINDOW")
    assert window.eval(f"{handler}.poll_drop(C)", "VIEW_3D", "UI")
    window.exec(f"bpy.ops.wm.drop_import_file('INVOKE_DEFAULT', {files})", "VIEW_3D", "UI")
    window.settle(10)
    if window.eval(f"{SETTINGS}.picture is None"):  # Blender 5 asks, as it has a use for pictures itself
        window.keep("picture-drop-menu")
        window.key("u")  # Use Picture in SV3D
    window.wait(f"{SETTINGS}.picture and {SETTINGS}.picture.name == 'cow.png'")
    window.open_panel("SV3D_PT_view3d_advanced")
    window.settle(10)
    window.keep("picture-dropped")
    press_generate(window)
    window.wait("'cow' in D.objects", timeout=60)
    window.settle(10)
    window.keep("picture-mesh")
    assert window.eval("C.object.type") == "MESH"


def test_what_cannot_be_is_told_before_the_click(open_window, picture, weights, tmp_path):
    window = open_window(STAND_IN)
    other = wedge.write_weights(tmp_path / "sv3d_u.safetensors", "u")
    window.exec(f"{SETTINGS}.picture = D.images.load({str(picture)!r}); {SETTINGS}.orbit_kind = 'sine'")
    window.exec(f"{PREFERENCES}.weights = {str(weights)!r}")
    window.open_sidebar("SV3D")
    window.settle(10)
    window.keep("picture-ready")
    window.exec(f"{PREFERENCES}.weights = {str(other)!r}")
    window.settle(10)
    window.keep("picture-orbit-for-other-weights")
    window.click_button("sv3d.generate")  # which is grey
    window.settle(10)
    assert window.eval("session.job") is None
    other.write_bytes(b"<!doctype html>")
    window.exec(f"{PREFERENCES}.weights = {str(other)!r}")
    window.settle(10)
    window.keep("picture-wrong-weights")
    window.click_button("sv3d.generate")
    window.settle(10)
    assert window.eval("session.job") is None
    window.exec("C.scene.sv3d.orbit_kind = 'auto'")
    assert window.eval(f"{PREFERENCES}.weights_problem")


def test_weights_are_chosen_in_the_preferences(open_window, weights):
    window = open_window(STAND_IN)
    window.open_sidebar("SV3D")
    window.click_button("sv3d.preferences")
    window.exec(f"{PREFERENCES}.weights = {str(weights)!r}")
    window.settle(20)
    window.keep("picture-preferences")
    assert window.find_button("preferences.weights", "PREFERENCES", "WINDOW")


@pytest.mark.parametrize("variant", ["p", "u"])
def test_the_engine_itself_makes_an_orbit(open_window, picture, tmp_path, variant):
    weights = tmp_path / f"small_{variant}.safetensors"
    write_checkpoint(manifest(variant), weights, frame_size=128)
    window = open_window(Path(sys.executable))
    window.exec(TIMED)
    window.exec("D.objects.remove(D.objects['Cube'])")
    window.exec("next(a for a in C.window.screen.areas if a.type == 'PROPERTIES').type = 'IMAGE_EDITOR'")
    window.exec(f"{PREFERENCES}.weights = {str(weights)!r}")
    window.exec(f"{SETTINGS}.picture = D.images.load({str(picture)!r})")
    window.exec(f"{SETTINGS}.make = 'ORBIT'; {SETTINGS}.sampler = 'ays'; {SETTINGS}.elevation = 0.7")
    window.open_sidebar("SV3D")
    window.settle(10)
    window.keep(f"engine-picture-{variant}")
    press_generate(window)
    window.wait("session.job.preview and session.job.preview.edition > 4 or not session.busy", timeout=300)
    window.keep(f"engine-orbit-emerging-{variant}")
    window.wait("not session.busy and not session.waiting_to_deliver", timeout=300)
    window.settle(10)
    window.keep(f"engine-orbit-done-{variant}")
    assert window.eval("session.shown_failure") is None
    assert window.eval("session.job.preview.edition") > 5  # the picture, the steps, the finished frames
    assert any("trained on pictures" in note for note in window.eval("session.job.result.notes"))
    assert window.eval(f"{EDITOR}.image.name") == "cow frames"
    assert window.eval("len(C.object.children[0].data.background_images)") == 1
    assert window.eval("max(seconds for busy, seconds in turns if busy)") < LONGEST_TURN
