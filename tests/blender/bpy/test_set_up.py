"""Set Up Engine, as its buttons do it: with the user's word, in the folder that the preferences name."""

import shutil
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import MODULE, RESOURCES, STAND_IN, Paper, drawn, part, part_of_engine, turn_until
from tiny_wheels import write_wheel

STAGED = Path(RESOURCES.name, "extensions", "user_default", "sv3d")
PROBE = "import json, torch, tiny_one; print(json.dumps({'device': 'cpu', 'device_name': 'processor'}))"


@pytest.fixture
def chosen(blender, online, tmp_path, monkeypatch):
    """The preferences of somebody who has no engine, and an index of tiny wheels."""
    index = tmp_path / "index"
    for name, version in {"torch": "2.0", "tiny_one": "1.0"}.items():
        write_wheel(index, name, version)
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), "PIP_CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SV3D_ENGINE_PYTHON", raising=False)
    locks = tmp_path / "requirements"
    locks.mkdir()
    (locks / "runtime.txt").write_text("torch==2.0\ntiny_one==1.0\n")
    monkeypatch.setattr(part("storage"), "LOCKS", locks)
    monkeypatch.setattr(part("setup.installer"), "PROBE", PROBE)
    build = part_of_engine("shared.torch_build").TorchBuild("cpu")
    monkeypatch.setattr(part_of_engine("shared.torch_build"), "torch_build", lambda choice: build)
    monkeypatch.setattr(part_of_engine("shared.torch_build"), "processor_build", lambda: build)
    monkeypatch.setattr(part("setup.tasks"), "CUT_OUT", "none")
    preferences = part("preferences.property_group").preferences(blender.context)
    preferences.python = ""
    preferences.home = str(tmp_path / "home")
    yield preferences
    setup().shutdown()
    setup().work.dismiss()
    for name in ("home", "torch", "base_python"):
        preferences.property_unset(name)


def setup():
    return part("setup.session").engine_setup


def press(blender, **mode: str) -> set[str]:
    """What the dialog's button does once the dialog has told what would come."""
    chosen = part("preferences.property_group").preferences(blender.context)
    end = time.monotonic() + 30
    while setup().plan(chosen) is None:
        assert time.monotonic() < end
        time.sleep(0.005)
    return blender.ops.sv3d.set_up_engine("EXEC_DEFAULT", **mode)


def wait() -> None:
    """Do what Blender's timer does until the work is done."""
    end = time.monotonic() + 120
    while setup().work.busy:
        assert time.monotonic() < end, setup().work.progress
        setup().tick()
        time.sleep(0.05)
    setup().tick()


def state(chosen):
    return setup().facts_now(chosen).state.name


def told(chosen) -> list[str]:
    paper = Paper()
    part("setup.panel").draw_engine(paper, chosen)
    return paper.said


def test_set_up_repair_update_and_remove(blender, chosen, tmp_path):
    assert state(chosen) == "MISSING"
    assert "Set Up Engine" in told(chosen)
    assert press(blender) == {"FINISHED"}
    assert not blender.ops.sv3d.set_up_engine.poll()
    assert any(text.endswith("…") for text in told(chosen)), "the step at hand"
    wait()
    assert setup().work.failure is None
    assert state(chosen) == "READY"
    home = Path(chosen.home)
    python = part("engine.launch").choose_python("")
    assert python.is_relative_to(home / "engine")
    assert any("computes on: processor" in text for text in told(chosen))

    next(home.rglob("tiny_one-1.0.dist-info/RECORD")).unlink()
    shutil.rmtree(next(home.rglob("site-packages/tiny_one")))
    press(blender, mode="REPAIR")
    wait()
    assert setup().work.failure is None
    assert next(home.rglob("tiny_one-1.0.dist-info/RECORD")).exists()

    write_wheel(tmp_path / "index", "tiny_one", "1.1")
    (part("storage").LOCKS / "runtime.txt").write_text("torch==2.0\ntiny_one==1.1\n")
    assert state(chosen) == "OUTDATED"
    assert "Update" in told(chosen)
    press(blender, mode="UPDATE")
    wait()
    assert state(chosen) == "READY"

    blender.ops.sv3d.move_folder("EXEC_DEFAULT", directory=str(tmp_path / "other"))
    wait()
    assert setup().work.failure is None
    assert Path(chosen.home) == tmp_path / "other"
    assert state(chosen) == "READY"

    blender.ops.sv3d.remove_engine("EXEC_DEFAULT")
    wait()
    assert state(chosen) == "MISSING"


def test_a_damaged_engine_is_repaired_from_the_card_and_the_job_goes_on(
    blender, chosen, session, orbit_folder, monkeypatch
):
    """The stand-in engine, but run by the environment's own Python, and needing one of its packages."""
    code = f"import tiny_one, runpy; runpy.run_path({str(STAND_IN)!r}, run_name='__main__')"
    monkeypatch.setattr(part("engine.engine"), "engine_command", lambda python, log: [str(python), "-c", code])
    press(blender)
    wait()
    assert state(chosen) == "READY"
    scene = blender.context.scene
    scene.sv3d.source, scene.sv3d.folder = "FOLDER", str(orbit_folder)
    shutil.rmtree(next(Path(chosen.home).rglob("site-packages/tiny_one")))
    blender.ops.sv3d.generate()
    turn_until(lambda: not session.busy)
    job = session.job
    assert "lacks a package" in job.failure.cause
    said = until_told(blender, "The engine's environment is damaged.")
    assert {"Repair", job.failure.cause} <= set(said)

    press(blender, mode="REPAIR")
    wait()
    assert setup().work.failure is None
    turn_until(lambda: not any("damaged" in text for text in drawn(blender)))
    assert blender.ops.sv3d.resume() == {"FINISHED"}
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert session.job.result
    assert (session.job.request.out, session.job.title) == (job.request.out, job.title)
    assert job.title in blender.data.objects


def until_told(blender, line: str) -> list[str]:
    """What the tab says once it says this."""
    end = time.monotonic() + 30
    while line not in (said := drawn(blender)):
        assert time.monotonic() < end, said
        time.sleep(0.01)
    return said


@pytest.mark.parametrize("moves", [True, False])
def test_weights_that_move_with_the_folder_are_found_there(chosen, tmp_path, moves):
    old, new = Path(chosen.home), tmp_path / "new"
    chosen.weights = str(old / "models" / "sv3d_p.safetensors")
    if moves:
        (new / "models").mkdir(parents=True)
        (new / "models" / "sv3d_p.safetensors").touch()
    try:
        part("setup.ops")._moved(old, new)
        assert Path(chosen.weights) == (new if moves else old) / "models" / "sv3d_p.safetensors"
        assert Path(chosen.home) == new
    finally:
        chosen.property_unset("weights")


def test_cancel_keeps_what_has_come(blender, chosen):
    press(blender)
    assert blender.ops.sv3d.cancel_set_up() == {"FINISHED"}
    wait()
    assert setup().work.stopped and setup().work.failure is None
    assert state(chosen) == "UNFINISHED"
    assert "Go On with Set-Up" in told(chosen)


def test_nothing_is_fetched_while_blender_is_to_stay_offline(blender, chosen):
    blender.context.preferences.system.use_online_access = False
    with pytest.raises(RuntimeError, match="stay offline"):
        press(blender)
    assert not setup().work.busy
    assert any("stay offline" in text for text in dialog(chosen))
    assert blender.ops.sv3d.allow_online.poll()
    blender.ops.sv3d.allow_online("EXEC_DEFAULT")
    assert blender.app.online_access
    assert not blender.ops.sv3d.allow_online.poll()


def dialog(chosen, region=None) -> list[str]:
    """What the dialog says in the end."""
    end = time.monotonic() + 30
    while True:
        paper = Paper()
        part("setup.panel").draw_plan(paper, chosen, region, new=True)
        if "Looking at this computer…" not in paper.said:
            return paper.said
        assert time.monotonic() < end
        time.sleep(0.005)


def test_the_dialog_tells_what_comes_how_big_and_where(chosen):
    said = dialog(chosen)
    chosen.base_python = "/no/such/python"
    assert any("does not start" in text for text in dialog(chosen))
    text = "\n".join(said)
    assert "PyTorch for: processor alone; 2 packages" in text
    assert "about 190 MB" in text or "about 120 MB" in text or "about 90 MB" in text
    assert chosen.home in text
    assert "Blender's own Python" in text


def test_a_driver_that_is_slow_to_answer_holds_nothing_up(blender, chosen, monkeypatch):
    """Were the main thread to wait for it, this test would not end: the driver answers after the last step."""
    asked, answers = [], threading.Event()
    build = part_of_engine("shared.torch_build").torch_build

    def slow(choice):
        asked.append(choice)
        assert answers.wait(30)
        return build(choice)

    monkeypatch.setattr(part_of_engine("shared.torch_build"), "torch_build", slow)
    region, tagged = SimpleNamespace(tag_refresh_ui=lambda: tagged.append(1)), []
    for _ in range(3):  # as the mouse moves over it
        paper = Paper()
        part("setup.panel").draw_plan(paper, chosen, region, new=True)
        assert "Looking at this computer…" in paper.said
    with pytest.raises(RuntimeError, match="still looking at this computer"):
        blender.ops.sv3d.set_up_engine("EXEC_DEFAULT")
    part("setup.panel").draw_plan(paper, chosen, region, new=True)
    setup().tick()
    assert not setup().work.busy and setup().work.failure is None
    assert not tagged
    answers.set()
    while setup().planner.making:
        time.sleep(0.005)
    setup().tick()
    setup().tick()
    assert tagged == [1]
    assert asked == ["auto"]
    assert any("2 packages" in text for text in dialog(chosen))


@pytest.mark.parametrize("closed", ["cancelled", "another file"])
def test_a_dialog_that_is_closed_is_not_drawn_anew(blender, chosen, monkeypatch, closed):
    answers = threading.Event()
    build = part_of_engine("shared.torch_build").torch_build
    monkeypatch.setattr(
        part_of_engine("shared.torch_build"), "torch_build", lambda choice: answers.wait(30) and build(choice)
    )
    tagged = []
    part("setup.panel").draw_plan(Paper(), chosen, SimpleNamespace(tag_refresh_ui=lambda: tagged.append(1)), new=True)
    if closed == "cancelled":
        part("setup.ops").SV3D_OT_set_up_engine.cancel(None, blender.context)
    else:
        blender.ops.wm.read_homefile(use_empty=True)
    answers.set()
    while setup().planner.making:
        time.sleep(0.005)
    setup().tick()
    assert not tagged


def test_a_failure_is_told_with_a_report(blender, chosen, tmp_path):
    next((tmp_path / "index").glob("tiny_one*")).unlink()
    press(blender)
    wait()
    assert "tiny-one==1.0" in setup().work.failure.cause
    assert "tiny-one==1.0" in " ".join(told(chosen))
    assert "tiny-one==1.0" in " ".join(drawn(blender))
    assert blender.ops.sv3d.copy_set_up_report.poll()
    blender.ops.sv3d.dismiss_set_up()
    assert setup().work.failure is None


def test_the_folder_is_never_one_that_blender_deletes(blender, chosen):
    before = chosen.home
    chosen.home = str(STAGED / "home")
    assert "Blender deletes this folder" in chosen.home_problem
    assert part_of_engine("shared.user_folders").home_folder() == Path(before)
    chosen.home = blender.utils.extension_path_user(MODULE)
    assert chosen.home_problem
    with pytest.raises(RuntimeError, match="Blender deletes"):
        blender.ops.sv3d.move_folder("EXEC_DEFAULT", directory=str(STAGED))
    chosen.home = before
    assert chosen.home_problem == ""


def test_generate_waits_for_the_engine_and_says_so(blender, chosen, orbit_folder):
    blender.context.scene.sv3d.source = "FOLDER"
    blender.context.scene.sv3d.folder = str(orbit_folder)
    setup().facts_now(chosen)
    paper = Paper()
    said = drawn(blender, paper)
    assert "The engine is not set up yet." in said and "Set Up Engine" in said
    assert not paper.enabled
    chosen.python = str(STAND_IN)
    setup().facts_now(chosen)
    assert any("free on the disk" in text for text in drawn(blender, paper))
    assert paper.enabled


def test_generate_waits_for_another_blender_that_repairs_the_engine(blender, chosen, session, orbit_folder):
    use = part_of_engine("shared.engine_use")
    blender.context.scene.sv3d.source = "FOLDER"
    blender.context.scene.sv3d.folder = str(orbit_folder)
    python = part_of_engine("shared.engine_python").python_in(Path(chosen.home) / "engine")
    python.parent.mkdir(parents=True)
    python.symlink_to(STAND_IN)
    with use.engine_changing(Path(chosen.home)):
        setup().facts_now(chosen)
        assert any("Another Blender is setting up" in text for text in drawn(blender))
        assert "Repair" not in told(chosen)
        with pytest.raises(part_of_engine("shared.errors").UserError, match="being set up or repaired"):
            session.check(chosen.python)
    session.check(chosen.python)
    assert session.checking


def test_set_up_waits_for_a_job(blender, chosen, session, orbit_folder, monkeypatch):
    chosen.python = str(STAND_IN)
    monkeypatch.setenv("STAND_IN_SECONDS", "30")
    blender.context.scene.sv3d.source = "FOLDER"
    blender.context.scene.sv3d.folder = str(orbit_folder)
    setup().facts_now(chosen)
    blender.ops.sv3d.generate()
    assert not blender.ops.sv3d.set_up_engine.poll()
    assert not blender.ops.sv3d.remove_engine.poll()


@pytest.mark.parametrize(
    ("devices", "finding", "line"),
    [
        (("cuda", "cpu"), "RTX 4090, 24 GB", "RTX 4090, 24 GB · "),
        (("mps", "cpu"), "Apple graphics", "Apple graphics · "),
        (("cpu",), "none that PyTorch can use", "Processor, 25.3 GB · "),
    ],
)
def test_the_tab_tells_what_a_job_computes_on(blender, chosen, session, devices, finding, line):
    protocol = part_of_engine("shared.protocol")
    checks = (
        protocol.Check("Graphics card", finding, True),
        protocol.Check("Memory", "25.3 GB, 20 GB of it free", True),
    )
    facts = setup().facts_now(chosen)
    assert part("setup.card").ready_line(facts).startswith("Device known after Check Engine · ")
    session.report = protocol.DoctorReport(True, "1", devices, checks)
    assert part("setup.card").ready_line(facts).startswith(line)
