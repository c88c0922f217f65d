"""A job that stops at doubtful frames shows its card, and goes on by its button."""

from conftest import STAND_IN, press_generate


def test_go_on_anyway(open_window, orbit_folder):
    window = open_window(STAND_IN, STAND_IN="doubts", STAND_IN_SECONDS="1")
    window.exec("[D.objects.remove(D.objects[name]) for name in ('Cube', 'Light', 'Camera')]")
    window.exec(f"C.scene.sv3d.source = 'FOLDER'; C.scene.sv3d.folder = {str(orbit_folder)!r}")
    window.open_sidebar("SV3D")
    press_generate(window)
    window.wait("session.shown_failure and not session.busy", timeout=60)
    window.settle(10)
    window.keep("doubts")
    assert window.eval("session.shown_failure.is_doubt")
    window.click_button("sv3d.resume")
    window.wait("session.job.result and not session.waiting_to_deliver", timeout=60)
    assert window.eval("[o.name for o in D.objects if o.type == 'MESH']")
