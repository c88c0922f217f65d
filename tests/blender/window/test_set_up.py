"""Set Up Engine by mouse, in the real window, from an index of tiny wheels: broken off and taken up again."""

import sys
from pathlib import Path

import pytest
from tiny_wheels import write_wheel

ADD_ON = "bl_ext.user_default.sv3d.sv3d_blender"
SETUP = f"""
from pathlib import Path
from bl_ext.user_default.sv3d.sv3d_engine.shared import torch_build
from {ADD_ON} import storage
from {ADD_ON}.setup import installer, tasks
from {ADD_ON}.setup.session import engine_setup
"""
PREFERENCES = "C.preferences.addons['bl_ext.user_default.sv3d'].preferences"
STATE = f"engine_setup.facts_now({PREFERENCES}).state.name"
BASE = Path(sys.base_prefix, "bin", "python3")  # which the window sees
LOCK = {"torch": "2.0", "scipy": "1.0", "numpy": "1.0", "tiny_one": "1.0"}


@pytest.fixture
def index(tmp_path: Path) -> Path:
    for name, version in LOCK.items():
        write_wheel(tmp_path / "index", name, version)
    locks = tmp_path / "requirements"
    locks.mkdir()
    (locks / "runtime.txt").write_text("".join(f"{name}=={version}\n" for name, version in LOCK.items()))
    return tmp_path / "index"


def open_dialog(window) -> None:
    """Press the button, and wait until the dialog tells what would come."""
    window.click_button("sv3d.set_up_engine")
    window.wait("engine_setup.planner.known is not None and engine_setup._dialog is None", timeout=60)
    window.settle(20)


def test_set_up_broken_off_and_resumed(open_window, index, tmp_path, orbit_folder):
    pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), "PIP_CONFIG_FILE": "/dev/null"}
    window = open_window(Path(), SV3D_HOME=str(tmp_path / "home"), **pip)
    window.exec(SETUP)
    window.exec(f"{PREFERENCES}.python = ''; {PREFERENCES}.base_python = {str(BASE)!r}")
    window.exec("C.preferences.system.use_online_access = True")
    window.exec(f"storage.LOCKS = Path({str(tmp_path / 'requirements')!r})")
    window.exec("installer.PROBE = 'import torch, tiny_one'; tasks.CUT_OUT = 'none'")
    window.exec("torch_build.processor_build = lambda: torch_build.TorchBuild('cpu')")  # the index has no other
    window.exec(f"C.scene.sv3d.source = 'FOLDER'; C.scene.sv3d.folder = {str(orbit_folder)!r}")
    window.open_sidebar("SV3D")
    window.wait(f"{STATE} == 'MISSING'")
    window.settle(20)
    window.keep("set-up-missing")

    open_dialog(window)
    window.keep("set-up-dialog")
    assert window.popups()
    assert not window.eval("engine_setup.work.busy"), "nothing happens before the word is given"
    window.key("Return")
    window.wait("engine_setup.work.busy")
    window.wait("len(list((storage.usual_home() / 'engine-downloads').glob('*.whl'))) > 0", timeout=120)
    window.keep("set-up-at-work")
    window.click_button("sv3d.cancel_set_up")
    window.wait("not engine_setup.work.busy", timeout=30)
    assert window.eval(STATE) == "UNFINISHED"
    window.settle(20)
    window.keep("set-up-broken-off")
    kept = {wheel.name for wheel in (tmp_path / "home" / "engine-downloads").glob("*.whl")}
    for name in kept:
        (index / name).unlink()

    open_dialog(window)
    window.key("Return")
    window.wait("not engine_setup.work.busy and not engine_setup.work.title", timeout=240)
    assert window.eval("engine_setup.work.failure") is None
    assert window.eval(STATE) == "READY"
    window.settle(20)
    window.keep("set-up-ready")
    window.exec("bpy.ops.sv3d.preferences()")
    window.settle(30)
    window.keep("set-up-preferences")
    assert window.find_button("sv3d.remove_engine", "PREFERENCES", "WINDOW")
    assert window.find_button("sv3d.get_model", "PREFERENCES", "WINDOW")


def test_the_dialog_of_a_slow_driver_is_drawn_anew_when_it_has_answered(open_window, tmp_path):
    window = open_window(Path(), SV3D_HOME=str(tmp_path / "home"))
    window.exec(SETUP)
    window.exec(f"{PREFERENCES}.python = ''; {PREFERENCES}.base_python = {str(BASE)!r}")
    window.exec("import threading; answers, cpu = threading.Event(), torch_build.TorchBuild('cpu')")
    window.exec("torch_build.torch_build = lambda choice: answers.wait(60) and cpu")
    window.open_sidebar("SV3D")
    window.wait(f"{STATE} == 'MISSING'")
    window.settle(20)
    window.click_button("sv3d.set_up_engine")
    window.settle(20)
    window.keep("set-up-dialog-looking")
    (before,) = window.popups()
    window.exec("answers.set()")
    window.wait("not engine_setup.planner.making and engine_setup._dialog is None")
    window.settle(20)
    window.keep("set-up-dialog-known")
    (after,) = window.popups()
    assert after.h > 1.5 * before.h, "the mouse has not moved, and yet the plan is shown"
    window.dismiss()


def test_offline_is_told_with_the_button_that_allows_it(open_window, tmp_path):
    window = open_window(Path(), SV3D_HOME=str(tmp_path / "home"))
    window.exec(SETUP)
    window.exec(f"{PREFERENCES}.python = ''; C.preferences.system.use_online_access = False")
    window.open_sidebar("SV3D")
    window.wait(f"{STATE} == 'MISSING'")
    window.settle(20)
    open_dialog(window)
    window.keep("set-up-offline")
    window.key("Return")
    window.settle(20)
    assert not window.eval("engine_setup.work.busy")
