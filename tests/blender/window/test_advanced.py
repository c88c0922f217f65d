"""What can be left as it is, under Advanced: seen, set by mouse and keyboard, and asked of the engine."""

from conftest import STAND_IN, press_generate


def test_what_frames_tell_besides_is_set_under_advanced(open_window, orbit_folder, tmp_path):
    window = open_window(STAND_IN, STAND_IN_SECONDS="1")
    window.exec(f"C.scene.sv3d.source = 'FOLDER'; C.scene.sv3d.folder = {str(orbit_folder)!r}")
    window.open_sidebar("SV3D")
    window.open_panel("SV3D_PT_view3d_advanced")
    window.set_text("sv3d.normals", f"{tmp_path}/")
    for name, letter, word in (("sds", "l", "off"), ("frame_light", "s", "turns")):
        window.click_button(f"sv3d.{name}")
        window.settle(10)
        window.keep(f"advanced-{name}")
        window.key(letter)  # underlined in the open menu: Leave Plain, Stands Still
        window.wait(f"C.scene.sv3d.{name} == {word!r}", timeout=10)
    window.settle(10)
    window.keep("advanced")
    press_generate(window)
    window.wait("session.job is not None", timeout=60)
    asked = "session.job.request"
    assert window.eval(f"({asked}.sds, {asked}.light)") == ["off", "turns"]
    assert window.eval(f"{asked}.normals").rstrip("/") == str(tmp_path)
    window.wait("'wedge' in D.objects", timeout=60)
