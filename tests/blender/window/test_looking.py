"""Frames are looked at by the tab's button before Generate, and the orbit that is found is drawn."""

from conftest import STAND_IN


def test_the_found_orbit_is_seen_before_generate(open_window, orbit_folder):
    window = open_window(STAND_IN, STAND_IN_SECONDS="1")
    window.exec("[D.objects.remove(D.objects[name]) for name in ('Cube', 'Light', 'Camera')]")
    window.exec(f"C.scene.sv3d.source = 'FOLDER'; C.scene.sv3d.folder = {str(orbit_folder)!r}")
    window.open_sidebar("SV3D")
    window.settle(20)
    view = window.region("VIEW_3D", "WINDOW")
    before = window.image(rect=view)
    window.keep("look-before")
    window.exec("from bl_ext.user_default.sv3d.sv3d_blender.setup.card import why_not")
    window.wait("not why_not(C)", timeout=60)
    window.settle(5)
    window.click_button("sv3d.look_at_frames")
    window.wait("session.look and session.look.answer", timeout=60)
    window.move(view.x + 100, view.y + view.h - 100)
    window.settle(30)
    window.keep("look-found")
    assert len(window.image(rect=view).colors()) > len(before.colors())
    assert window.eval("session.job") is None
