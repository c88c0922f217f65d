"""Nothing that was made is lost: not by a kill, not by an update, not by removing the add-on."""

import shutil
from contextlib import suppress
from pathlib import Path

import pytest
import wedge
from conftest import STAND_IN, press_generate
from gui import BlenderError

ADD_ON = "bl_ext.user_default.sv3d.sv3d_blender"
PREFERENCES = "C.preferences.addons['bl_ext.user_default.sv3d'].preferences"
CATALOGUE = f"from {ADD_ON}.history.catalogue import catalogue"
EARLIER = 35  # results


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    folder = tmp_path / "settings"
    folder.mkdir()
    return folder


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "SV3D"


@pytest.fixture
def open_again(open_window, settings, tmp_path):
    """Opens Blender with the settings and files of the one before."""

    def open_with(seconds: str):
        data = {"XDG_DATA_HOME": str(tmp_path / "data"), "STAND_IN_SECONDS": seconds}
        window = open_window(STAND_IN, installed=settings, **data)
        window.exec(CATALOGUE)
        return window

    return open_with


def test_a_killed_blender_is_taken_up_from_the_history(open_again, orbit_folder, results):
    window = open_again("60")
    window.exec(f"{PREFERENCES}.results.folder = {str(results)!r}; bpy.ops.wm.save_userpref()")
    window.exec(f"C.scene.sv3d.source = 'FOLDER'; C.scene.sv3d.folder = {str(orbit_folder)!r}")
    window.open_sidebar("SV3D")
    press_generate(window)
    window.wait("session.busy and session.job.preview")
    with suppress(BlenderError):  # it cannot answer any more
        window.exec("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    window.process.wait(30)
    (folder,) = results.iterdir()
    assert not (folder / "report.json").exists()

    window = open_again("1")
    assert window.eval(f"{PREFERENCES}.results.folder") == str(results)
    assert window.eval("session.job") is None
    window.open_sidebar("SV3D")
    window.open_panel("SV3D_PT_view3d_history")
    window.wait("catalogue.current is not None")
    window.wait("catalogue.current.state.name == 'STOPPED'")  # the engine ends a moment after its Blender
    window.settle(20)
    window.keep("history-after-a-kill")
    window.click_button("sv3d.history_resume")
    window.wait("'wedge' in D.objects", timeout=60)
    window.wait("catalogue.current.state.name == 'DONE'")
    window.settle(20)
    window.keep("history-resumed")
    assert window.eval("session.shown_failure") is None
    assert [p.name for p in results.iterdir()] == [folder.name]
    window.click_button("sv3d.import_result")
    window.wait("'wedge.001' in D.objects")


def test_earlier_results_move_and_outlive_update_and_removal(open_again, extension_zip, settings, results, tmp_path):
    window = open_again("1")
    window.exec(f"{PREFERENCES}.results.folder = {str(results)!r}; bpy.ops.wm.save_userpref()")
    former = Path(window.eval(f"str(__import__('{ADD_ON}.storage', fromlist=['x']).former_results_folder())"))
    window.close()
    one = tmp_path / "one"
    wedge.write_job(one)
    wedge.write_request(one, {"job": "1", "frames": str(one / "frames"), "out": str(one)})
    for i in range(EARLIER):
        shutil.copytree(one, former / f"wedge_{i:02d}-20261128-1200{i:02d}")
    frame = former / "wedge_00-20261128-120000" / "frames" / "000.png"
    assert frame.exists()

    window = open_again("1")
    window.open_sidebar("SV3D")
    window.open_panel("SV3D_PT_view3d_history")
    window.wait(f"len(catalogue.records) == {EARLIER}")
    window.wait("catalogue.message")
    window.settle(30)
    window.keep("history-moved")
    assert f"Earlier results, {EARLIER} of them" in window.eval("catalogue.message")
    assert window.eval("C.window_manager.sv3d_history.active") == 0
    assert not list(former.glob("wedge*"))
    made = tree(results)
    assert len([name for name in made if name.endswith("mesh.glb")]) == EARLIER

    window.exec("bpy.ops.preferences.addon_disable(module='bl_ext.user_default.sv3d')")
    assert tree(results) == made
    window.exec("bpy.ops.preferences.addon_enable(module='bl_ext.user_default.sv3d')")
    window.exec(f"bpy.ops.extensions.package_install_files(repo='user_default', filepath={str(extension_zip)!r})")
    assert tree(results) == made
    window.exec(
        "repos = C.preferences.extensions.repos\n"
        "index = next(i for i, repo in enumerate(repos) if repo.module == 'user_default')\n"
        "bpy.ops.extensions.package_uninstall(repo_index=index, pkg_id='sv3d')"
    )
    assert not (settings / "extensions" / "user_default" / "sv3d").exists()
    assert not former.parent.exists(), "this is what Blender deletes"
    assert tree(results) == made
    window.keep("history-removed")


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_the_history_by_mouse(open_again, results, picture, tmp_path):
    window = open_again("1")
    for time, title in enumerate(("lamp", "chair", "robot")):
        folder = results / f"{title}-20261128-12000{time}"
        wedge.write_job(folder)
        wedge.write_request(folder, {"job": "1", "picture": str(picture), "out": str(folder), "preset": "draft"})
        (folder / "work").mkdir()
        (folder / "work" / "field.safetensors").write_bytes(b"\0" * 3_000_000)
    (results / "chair-20261128-120001" / "report.json").unlink()
    (results / "chair-20261128-120001" / "failure.json").write_text('{"cause": "The frames show nothing."}')
    window.exec("bpy.ops.sv3d.preferences()")
    window.settle(10)
    window.set_text("SV3DResultsFolder.folder", str(tmp_path / "settings" / "extensions"), "PREFERENCES", "WINDOW")
    window.settle(10)
    window.keep("results-refused")
    assert "Blender deletes" in window.eval(f"{PREFERENCES}.results.problem")
    window.set_text("SV3DResultsFolder.folder", str(results), "PREFERENCES", "WINDOW")
    assert window.eval(f"{PREFERENCES}.results.folder") == str(results)
    window.settle(10)
    window.keep("results-chosen")
    window.exec("bpy.ops.wm.window_close()", area="PREFERENCES")

    window.open_sidebar("SV3D")
    window.open_panel("SV3D_PT_view3d_history")
    window.wait("len(catalogue.records) == 3")
    window.exec("C.window_manager.sv3d_history.active = 1")
    window.settle(20)
    window.keep("history-failed")
    window.click_button("sv3d.history_settings")
    window.wait("C.scene.sv3d.picture is not None and C.scene.sv3d.preset == 'draft'")

    window.click_button("sv3d.history_delete")
    window.settle(10)
    window.keep("history-delete")
    window.key("Return")
    window.wait("len(catalogue.records) == 2")
    assert {p.name for p in results.iterdir()} == {"lamp-20261128-120000", "robot-20261128-120002"}

    window.click_button("sv3d.history_clean_up")
    window.settle(10)
    window.keep("history-clean-up")
    window.key("Return")
    window.wait("catalogue.spare == 0")
    window.settle(20)
    window.keep("history-cleaned-up")
    assert not list(results.glob("*/work"))
    assert len(list(results.glob("*/mesh.glb"))) == 2
