"""What an artist does, with the real pointer and keyboard, in the real window."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from conftest import STAND_IN, press_generate
from measure import LONGEST_TURN, TIMED

ORANGE, GREEN = (240, 130, 30), (60, 160, 80)  # the wedge's front, and one of its sides
LOOKING = 0.5  # seconds a look at the window takes on a busy machine
DEMO_ORBIT = Path(__file__).resolve().parents[3] / "sv3d_engine" / "laboratory" / "demo" / "orbit"


def test_generate_scrub_and_undo(open_window, orbit_folder):
    window = open_window(STAND_IN, STAND_IN_SECONDS="4")
    window.exec("D.objects.remove(D.objects['Cube']); C.scene.cursor.location = (0, 0, 0)")
    window.exec("next(a for a in C.window.screen.areas if a.type == 'PROPERTIES').type = 'IMAGE_EDITOR'")
    window.exec("bpy.ops.ed.undo_push(message='start')")
    window.exec(TIMED)
    window.open_sidebar("SV3D")
    window.exec("C.scene.sv3d.source = 'FOLDER'")
    window.set_text("sv3d.folder", f"{orbit_folder}/")
    assert window.eval("C.scene.sv3d.frame_count") == 21
    assert window.eval("C.scene.sv3d.cameras").endswith("cameras.json")

    press_generate(window)
    window.wait("session.busy and session.job.fraction > 0.3")
    window.keep("generating")
    window.wait("'wedge' in D.objects", timeout=60)
    assert window.eval("bpy.app.timers.is_registered(session.timer)")
    assert max(window.eval("[seconds for busy, seconds in turns if busy]")) < LONGEST_TURN
    assert window.eval("session.shown_failure") is None
    assert window.eval("C.object.name") == "wedge"
    assert window.eval("min((C.object.matrix_world @ v.co).z for v in C.object.data.vertices)") == 0
    window.settle(10)
    window.keep("imported")

    # The Image Editor was empty: it shows the orbit now, in step with the scene.
    shown = "[a for a in C.window.screen.areas if a.type == 'IMAGE_EDITOR'][0].spaces.active"
    assert window.eval(f"{shown}.image.name") == "wedge frames"
    for scene_frame, file in ((21, "020.png"), (16, "015.png")):
        window.exec(f"C.scene.frame_set({scene_frame})")
        window.wait(f"{shown}.image.filepath_from_user(image_user={shown}.image_user).endswith({file!r})")
    eventually(lambda: has_colour(window.image(rect=window.region("IMAGE_EDITOR", "WINDOW")), GREEN))

    # Through the orbit camera, mesh and frame lie on each other.
    window.click_button("sv3d.look_through")
    window.exec("C.scene.frame_set(21)")
    window.exec("next(a for a in C.window.screen.areas if a.type == 'VIEW_3D').spaces.active.shading.light = 'FLAT'")
    window.exec(
        "next(a for a in C.window.screen.areas if a.type == 'VIEW_3D').spaces.active.shading.color_type = 'TEXTURE'"
    )
    eventually(lambda: has_colour(window.image(rect=window.region("VIEW_3D", "WINDOW")), ORANGE, tolerance=30))
    window.keep("compared")

    x, y = window.region("VIEW_3D", "WINDOW").center
    window.move(x, y)
    window.key("ctrl+z")
    window.wait("'wedge' not in D.objects")
    assert sorted(window.eval("[o.name for o in D.objects]")) == ["Camera", "Light"]
    assert window.eval("C.scene.frame_end") == 250
    assert not window.eval("C.scene.use_preview_range")


def test_cancel_with_the_mouse(open_window, orbit_folder):
    window = open_window(STAND_IN, STAND_IN_SECONDS="60")
    choose_folder(window, orbit_folder)
    window.open_sidebar("SV3D")
    press_generate(window)
    window.wait("session.busy and session.job.preview")
    eventually(lambda: has_colour(window.image(rect=window.region("VIEW_3D", "UI")), ORANGE))  # the preview
    window.keep("preview")
    window.click_button("sv3d.cancel")
    window.wait("session.job.phase.name == 'CANCELLED'", timeout=2)
    window.settle(10)
    window.keep("cancelled")
    window.click_button("sv3d.dismiss")
    window.wait("session.job is None")


def test_error_card(open_window, orbit_folder):
    window = open_window(STAND_IN, STAND_IN="fails")
    choose_folder(window, orbit_folder)
    window.open_sidebar("SV3D")
    press_generate(window)
    window.wait("session.shown_failure is not None")
    window.settle(10)
    window.keep("failed")
    window.click_button("sv3d.copy_report")
    window.wait("'The frames show nothing.' in C.window_manager.clipboard")
    assert "alpha is 0" in window.eval("C.window_manager.clipboard")


def test_tab_in_the_image_editor(open_window, orbit_folder):
    window = open_window(STAND_IN)
    window.exec("next(a for a in C.window.screen.areas if a.type == 'VIEW_3D').type = 'IMAGE_EDITOR'")
    window.settle(5)
    choose_folder(window, orbit_folder)
    window.open_sidebar("SV3D", area="IMAGE_EDITOR")
    window.click_button("sv3d.generate", "IMAGE_EDITOR", "UI")
    window.wait("'wedge' in D.objects")
    window.settle(10)
    window.keep("image-editor")


def test_the_engine_itself_is_cancelled_resumed_and_delivers(open_window):
    window = open_window(Path(sys.executable))
    window.exec(TIMED)
    choose_folder(window, DEMO_ORBIT)
    window.exec("C.scene.sv3d.preset = 'draft'")
    window.open_sidebar("SV3D")
    press_generate(window)
    window.wait("session.job.fraction > 0.05", timeout=180)
    window.keep("engine")
    window.click_button("sv3d.cancel")
    begun = time.monotonic()
    window.wait("not session.busy", timeout=10)
    assert time.monotonic() - begun < 2.0 + LOOKING
    assert window.eval("session.job.phase.name") == "CANCELLED"

    window.click_button("sv3d.resume")
    window.wait("not session.busy and not session.waiting_to_deliver", timeout=900)
    window.keep("engine-done")
    assert window.eval("session.shown_failure") is None
    assert window.eval("C.object.name") == "orbit"
    assert window.eval("len(C.object.data.polygons)") > 1000
    assert max(window.eval("[seconds for busy, seconds in turns if busy]")) < LONGEST_TURN


def test_preferences_show_the_doctors_answer(open_window):
    window = open_window(Path(sys.executable))
    window.exec("bpy.ops.sv3d.preferences()")
    window.settle(10)
    window.click_button("sv3d.check_engine", "PREFERENCES", "WINDOW")
    window.wait("session.report is not None", timeout=120)
    window.settle(10)
    window.keep("doctor")
    assert window.eval("session.report.ready")


def choose_folder(window, folder: Path) -> None:
    window.exec(f"C.scene.sv3d.source = 'FOLDER'; C.scene.sv3d.folder = {str(folder)!r}")


def eventually(condition: Callable[[], bool], timeout: float = 10.0) -> None:
    """Wait for what is drawn, which takes a busy machine a while."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def has_colour(image, colour, tolerance=12, least=400) -> bool:
    """Whether so many pixels come close to a colour."""
    near = (
        n for c, n in image.colors().items() if all(abs(a - b) <= tolerance for a, b in zip(c, colour, strict=True))
    )
    return sum(near) >= least
