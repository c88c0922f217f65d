"""Two windows of Blender at once, with the same settings, results folder and engine."""

import json
from pathlib import Path

from conftest import STAND_IN, press_generate

PREFERENCES = "C.preferences.addons['bl_ext.user_default.sv3d'].preferences"
SAID = "A word from the engine of "


def test_two_blenders_at_once_each_deliver_their_own(open_window, orbit_folder, tmp_path):
    settings, results = tmp_path / "settings", tmp_path / "SV3D"
    settings.mkdir()
    data = {"XDG_DATA_HOME": str(tmp_path / "data"), "STAND_IN_SECONDS": "60"}
    first = open_window(STAND_IN, installed=settings, STAND_IN_SAYS=SAID + "one", **data)
    first.exec(f"{PREFERENCES}.results.folder = {str(results)!r}; bpy.ops.wm.save_userpref()")
    second = open_window(STAND_IN, installed=settings, STAND_IN_SAYS=SAID + "two", **data)
    windows = {"one": first, "two": second}
    for window in windows.values():
        window.exec("from bl_ext.user_default.sv3d.sv3d_blender import storage")
        window.exec("D.objects.remove(D.objects['Cube'])")
        window.exec(f"C.scene.sv3d.source = 'FOLDER'; C.scene.sv3d.folder = {str(orbit_folder)!r}")
        window.open_sidebar("SV3D")
    for window in windows.values():
        press_generate(window)
    for name, window in windows.items():
        window.wait("session.busy and session.job.preview", timeout=60)
        window.settle(5)
        window.keep(f"two-blenders-{name}")
    assert all(window.eval("session.busy") for window in windows.values()), "both at once"
    assert len(list(results.iterdir())) == 2

    folders, logs = {}, {}
    for name, window in windows.items():
        folders[name] = Path(window.eval("session.job.request.out"))
        logs[name] = Path(window.eval("str(storage.engine_log())"))
    first.click_button("sv3d.cancel")
    first.wait("session.job.phase.name == 'CANCELLED'", timeout=10)
    assert second.eval("session.busy"), "the other's job goes on"
    first.click_button("sv3d.resume")
    for name, window in windows.items():
        window.wait("'wedge' in D.objects", timeout=180)
        window.wait("not session.busy and not session.waiting_to_deliver")
        window.settle(10)
        window.keep(f"two-blenders-delivered-{name}")
        assert window.eval("session.shown_failure") is None
        assert window.eval("[o.name for o in D.objects if o.type == 'MESH']") == ["wedge"]
    assert len(set(folders.values())) == len(set(logs.values())) == 2
    for name, folder in folders.items():
        assert json.loads((folder / "job.json").read_text())["out"] == str(folder)
        assert (folder / "mesh.glb").exists()
        said = logs[name].read_text()
        assert SAID + name in said
        assert said.count(SAID) == said.count(SAID + name), "the other's words are not in it"

    second.open_panel("SV3D_PT_view3d_history")
    second.exec("from bl_ext.user_default.sv3d.sv3d_blender.history.catalogue import catalogue")
    second.wait("len(catalogue.records) == 2")
    assert second.eval("{r.state.name for r in catalogue.records} == {'DONE'}"), "each sees the other's results"
