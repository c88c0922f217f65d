"""How an environment is, by its stamp and its packages' records; the folder it lies in."""

import shutil
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from sv3d.sv3d_blender.setup import folder as folders
from sv3d.sv3d_blender.setup.base import Base
from sv3d.sv3d_blender.setup.commands import Commands, Stopped
from sv3d.sv3d_blender.setup.folder import folder_problem, move, remove_engine
from sv3d.sv3d_blender.setup.installer import Installer
from sv3d.sv3d_blender.setup.plan import Plan
from sv3d.sv3d_blender.setup.progress import Progress
from sv3d.sv3d_blender.setup.state import Places, Stamp, State, claim, look, read_stamp, unused, write_stamp
from sv3d.sv3d_engine.shared.engine_python import python_in
from sv3d.sv3d_engine.shared.engine_use import engine_changing, is_engine_changing
from sv3d.sv3d_engine.shared.errors import UserError
from sv3d.sv3d_engine.shared.file_lock import held
from sv3d.sv3d_engine.shared.torch_build import TorchBuild

from tests.blender.stand_in.tiny_wheels import write_wheel


@pytest.fixture
def places(tmp_path) -> Places:
    """A ready environment, unpacked by hand."""
    places = Places(tmp_path / "home")
    fill(places)
    return places


def fill(places: Places) -> None:
    site = places.environment / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    shutil.unpack_archive(write_wheel(places.home / "w", "scipy", "1.0"), site, "zip")
    shutil.rmtree(places.home / "w")
    python = python_in(places.environment)
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    claim(places.environment)
    write_stamp(places.environment, Stamp("lock", "cpu", {"scipy": "1.0"}))


def test_each_state_is_told(places):
    assert look(places, "lock", files=True) is State.READY
    assert look(places, "another") is State.OUTDATED
    data = next(places.environment.rglob("data.py"))
    data.write_text("shorter")
    assert look(places, "lock") is State.READY, "files are looked at only when asked"
    assert look(places, "lock", files=True) is State.DAMAGED
    python_in(places.environment).unlink()
    assert look(places, "lock") is State.DAMAGED
    shutil.rmtree(places.environment)
    assert look(places, "lock") is State.MISSING
    places.wheels.mkdir()
    assert look(places, "lock") is State.UNFINISHED


@pytest.mark.parametrize("text", ["", "{", '{"strange": 1}', "[]"])
def test_a_stamp_that_cannot_be_read_is_damage(places, text):
    (places.environment / "sv3d_engine.json").write_text(text)
    assert read_stamp(places.environment) is None
    assert look(places, "lock") is State.DAMAGED


@pytest.fixture
def commands() -> Commands:
    return Commands(threading.Event(), {})


def test_remove_takes_the_engine_and_leaves_the_models(places, commands):
    (places.home / "models").mkdir()
    (places.home / "models" / "u2netp.onnx").touch()
    claim(places.wheels)
    remove_engine(places, commands, lambda progress: None)
    assert [p.name for p in places.home.iterdir()] == ["models"]
    assert look(places, "lock") is State.MISSING


def test_what_cannot_be_removed_is_told_and_no_half_engine_is_taken_for_one(places, commands, monkeypatch):
    def refuse(path, ignore_errors=False):
        if not ignore_errors:
            raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(folders.shutil, "rmtree", refuse)
    with pytest.raises(UserError, match="could not be removed"):
        remove_engine(places, commands, lambda progress: None)
    assert look(places, "lock") is State.UNFINISHED


@pytest.mark.parametrize("other_disk", [False, True])
def test_move_brings_everything_along_and_the_engine_works_there(places, commands, tmp_path, monkeypatch, other_disk):
    claim(places.standalone)
    own = places.standalone / "bin" / "python3"
    own.parent.mkdir(parents=True)
    own.symlink_to(sys.executable)
    python_in(places.environment).unlink()
    python_in(places.environment).symlink_to(own)
    (places.environment / "pyvenv.cfg").write_text(f"home = {own.parent}\n")
    (places.home / "models").mkdir()
    (places.home / "models" / "u2netp.onnx").write_text("model")
    if other_disk:
        replace = Path.replace

        def across(self, target):
            if not self.name.endswith("-part"):
                raise OSError(18, "Invalid cross-device link")
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", across)
    new = Places(tmp_path / "elsewhere" / "sv3d")
    move(places.home, new.home, commands, lambda progress: None)
    assert look(new, "lock", files=True) is State.READY
    assert list(places.home.iterdir()) == []
    assert python_in(new.environment).readlink().is_relative_to(new.home)
    assert str(new.home) in (new.environment / "pyvenv.cfg").read_text()
    assert (new.home / "models" / "u2netp.onnx").read_text() == "model"


def test_what_is_not_the_set_ups_own_is_never_touched(places, commands, tmp_path):
    """An artist may choose a folder of theirs that has an "engine" or "models" in it."""
    theirs = tmp_path / "projects"
    for name in ("engine", "python", "models"):
        (theirs / name).mkdir(parents=True)
        (theirs / name / "work.txt").write_text("years")
    with pytest.raises(UserError, match="does not touch"):
        remove_engine(Places(theirs), commands, lambda progress: None)
    with pytest.raises(UserError, match="does not touch"):
        move(theirs, tmp_path / "new", commands, lambda progress: None)
    with pytest.raises(UserError, match="already"):
        move(places.home, theirs, commands, lambda progress: None)
    assert {p.read_text() for p in theirs.rglob("work.txt")} == {"years"}
    assert len(list(theirs.rglob("work.txt"))) == 3


def test_move_brings_models_alone_of_what_lies_with_them(places, commands, tmp_path):
    (places.home / "models").mkdir()
    for name in ("u2netp.onnx", "sv3d_p.safetensors.download", "my_car.blend"):
        (places.home / "models" / name).touch()
    move(places.home, tmp_path / "new", commands, lambda progress: None)
    assert {p.name for p in (tmp_path / "new" / "models").iterdir()} == {"u2netp.onnx", "sv3d_p.safetensors.download"}
    assert [p.name for p in (places.home / "models").iterdir()] == ["my_car.blend"]


def test_move_overwrites_nothing(places, commands, tmp_path):
    other = Places(tmp_path / "other")
    fill(other)
    with pytest.raises(UserError, match="already"):
        move(places.home, other.home, commands, lambda progress: None)
    assert look(places, "lock", files=True) is State.READY


def test_an_engine_that_runs_is_not_changed_under_its_job(places, commands, tmp_path, monkeypatch):
    plan = Plan(places, Base((sys.executable,), "3.11", ""), TorchBuild("cpu"), (), (), 0, 0, 1)
    before = files_in(places.environment)
    monkeypatch.setattr("sv3d.sv3d_blender.setup.state._ENDING", 0.1)
    with held(places.home / "engine-in-use-1.lock"):
        for change in (
            lambda: remove_engine(places, commands, lambda progress: None),
            lambda: move(places.home, tmp_path / "new", commands, lambda progress: None),
            lambda: Installer(plan, commands, lambda progress: None).run(),
        ):
            with pytest.raises(UserError, match="Another Blender uses"):
                change()
    assert files_in(places.environment) == before
    (places.home / "engine-in-use-2.lock").touch()  # of one that was killed
    remove_engine(places, commands, lambda progress: None)
    assert look(places, "lock") is State.MISSING


def test_an_engine_that_is_ending_is_waited_for(places):
    with ExitStack() as engine:
        engine.enter_context(held(places.home / "engine-in-use-1.lock"))
        with unused(places, engine.close):
            assert is_engine_changing(places.home)
    assert not is_engine_changing(places.home)


def test_a_cancel_ends_the_wait(places):
    def stop() -> None:
        raise Stopped

    with held(places.home / "engine-in-use-1.lock"), pytest.raises(Stopped), unused(places, stop):
        pass
    assert not is_engine_changing(places.home)


@pytest.mark.parametrize("work", ["remove", "move"])
def test_engines_are_kept_out_while_the_environment_is_removed_or_moved(places, commands, tmp_path, work):
    seen = []

    def report(_: Progress) -> None:
        seen.append(is_engine_changing(places.home))

    if work == "remove":
        remove_engine(places, commands, report)
    else:
        move(places.home, tmp_path / "new", commands, report)
    assert len(seen) > 1 and all(seen)
    assert not is_engine_changing(places.home)


def test_two_do_not_change_one_environment(places, commands, monkeypatch):
    monkeypatch.setattr("sv3d.sv3d_engine.shared.engine_use._PAUSE", 0.001)
    with engine_changing(places.home), pytest.raises(UserError, match="at work in this SV3D folder"):
        remove_engine(places, commands, lambda progress: None)
    assert look(places, "lock") is State.READY


@pytest.fixture(params=[False, True], ids=["one disk", "two disks"])
def with_models(request, places, monkeypatch) -> Places:
    """A ready environment with models; with two disks, all outside the home is on the other one."""
    for name in ("models", "engine-downloads"):
        claim(places.home / name)
    (places.home / "models" / "u2netp.onnx").write_text("model")
    (places.environment / "pyvenv.cfg").write_text(f"home = {places.home}/python\n")
    if request.param:
        monkeypatch.setattr(Path, "replace", across)
    return places


def across(self, target):
    raise OSError(18, "Invalid cross-device link")


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


@pytest.mark.parametrize("after", range(4))
def test_a_move_that_is_cancelled_leaves_all_where_it_was(with_models, tmp_path, after):
    before, cancelled = files_in(with_models.home), threading.Event()
    steps = []

    def report(progress):
        steps.append(progress.step)
        if len(steps) > after:
            cancelled.set()

    new = tmp_path / "new"
    if after == 3:  # both are there, and the environment led to: too late for a cancel of theirs
        move(with_models.home, new, Commands(cancelled, {}), report)
        assert look(Places(new), "lock", files=True) is State.READY
        assert "Moved" in steps
        return
    with pytest.raises(Stopped):
        move(with_models.home, new, Commands(cancelled, {}), report)
    assert files_in(with_models.home) == before
    assert files_in(new) == {}
    assert look(with_models, "lock", files=True) is State.READY


def test_a_move_that_fails_midway_leaves_all_where_it_was(with_models, commands, tmp_path, monkeypatch):
    before, new = files_in(with_models.home), tmp_path / "new"
    replace, copy = Path.replace, shutil.copy2

    def refuse(self, target):
        if self.name == "engine-downloads":
            raise PermissionError(13, "Permission denied")
        return replace(self, target)

    def full(file, to, **how):
        if Path(file).parent.name == "engine-downloads":
            raise OSError(28, "No space left on device")
        return copy(file, to, **how)

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(folders.shutil, "copy2", full)
    with pytest.raises(UserError, match="still where it was"):
        move(with_models.home, new, commands, lambda progress: None)
    assert files_in(with_models.home) == before
    assert files_in(new) == {}


def test_only_another_disk_needs_room(with_models, commands, tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "free_bytes", lambda folder: 5)
    before, new = files_in(with_models.home), tmp_path / "new"
    if Path.replace is not across:
        move(with_models.home, new, commands, lambda progress: None)
        assert look(Places(new), "lock", files=True) is State.READY
        return
    with pytest.raises(UserError, match="are needed"):
        move(with_models.home, new, commands, lambda progress: None)
    assert files_in(with_models.home) == before
    assert files_in(new) == {}


def test_the_folder_is_never_one_that_blender_deletes(tmp_path):
    extension = tmp_path / "extensions" / "sv3d"
    extension.mkdir(parents=True)
    assert folder_problem(extension / "home", [extension])
    assert folder_problem(extension, [extension])
    (tmp_path / "link").symlink_to(extension)
    assert folder_problem(tmp_path / "link" / "home", [extension])
    assert folder_problem(Path("relative"), [extension])
    assert folder_problem(tmp_path / "home", [extension]) == ""


def test_a_new_folder_on_a_disk_that_is_not_there_is_told(places, monkeypatch):
    new, is_dir = places.home.parent / "new", Path.is_dir
    monkeypatch.setattr(Path, "is_dir", lambda self: self not in (new, *new.parents) and is_dir(self))
    with pytest.raises(UserError, match="disk is not there"):
        move(places.home, new, Commands(threading.Event(), {}), lambda progress: None)
