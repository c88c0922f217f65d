"""Real environments from an index of tiny wheels: set up, broken off, resumed, damaged, repaired, updated."""

import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sv3d.sv3d_blender.setup import packages, plan
from sv3d.sv3d_blender.setup.commands import Commands, Stopped
from sv3d.sv3d_blender.setup.packages import installed, release_of, site_packages
from sv3d.sv3d_blender.setup.state import State, claim, read_stamp
from sv3d.sv3d_engine.shared.engine_python import python_in
from sv3d.sv3d_engine.shared.engine_use import is_engine_changing
from sv3d.sv3d_engine.shared.errors import UserError
from sv3d.sv3d_engine.shared.torch_build import TorchBuild

from tests.blender.logic.setup_index import Engine


@pytest.fixture(autouse=True)
def plain_torch(monkeypatch):
    """The index has one PyTorch, for no processor in particular."""
    monkeypatch.setattr(plan.torch_build, "torch_build", lambda choice: TorchBuild("cpu"))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """An engine that is set up, to be copied."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan.torch_build, "torch_build", lambda choice: TorchBuild("cpu"))
        engine = published(tmp_path_factory.mktemp("made"))
        engine.set_up()
    return engine.folder


@pytest.fixture(scope="module")
def bare(made, tmp_path_factory) -> Path:
    """An environment with pip alone; to make one takes seconds."""
    folder = tmp_path_factory.mktemp("bare") / "environment"
    shutil.copytree(made / "home" / "engine", folder, symlinks=True)
    (folder / "sv3d_engine.json").unlink()
    for package in installed(folder).values():
        if package.name not in ("pip", "setuptools"):
            shutil.rmtree(package.folder)
            shutil.rmtree(package.folder.parent / package.name.replace("-", "_"))
    return folder


@pytest.fixture
def begun(bare, tmp_path) -> Engine:
    """An engine whose set-up has got as far as the environment."""
    engine = published(tmp_path)
    shutil.copytree(bare, engine.places.unfinished, symlinks=True)
    return engine


@pytest.fixture
def engine(made, tmp_path) -> Engine:
    """An engine that is set up."""
    shutil.copytree(made, tmp_path / "engine", symlinks=True)
    return Engine(tmp_path / "engine")


def published(folder: Path) -> Engine:
    engine = Engine(folder)
    for name, version in engine.lock.items():
        engine.publish(name, version)
    return engine


def runs(engine: Engine, code: str) -> str:
    python = python_in(engine.places.environment)
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def leftovers(engine: Engine) -> set[str]:
    return {p.name for p in engine.home.iterdir()} - {"engine"}


def test_a_set_up_makes_an_environment_that_works_and_leaves_nothing_else(engine):
    assert engine.state(files=True) is State.READY
    assert runs(engine, "import torch; print(torch.VERSION)") == "2.0"
    assert leftovers(engine) == set()
    stamp = read_stamp(engine.places.environment)
    assert stamp.packages == {"torch": "2.0", "scipy": "1.0", "numpy": "1.0", "tiny-one": "1.0"}
    assert (stamp.device, stamp.device_name) == ("cpu", "processor")
    assert not engine.plan().coming
    assert engine.plan().download == 0


def test_engines_are_kept_out_from_the_first_step_to_the_last(engine):
    """Of a repair, under which an engine that another Blender starts would break."""
    (site_packages(engine.places.environment) / "scipy" / "data.py").unlink()
    seen = {}

    def look(progress, _cancel):
        seen[progress.step] = is_engine_changing(engine.home)

    engine.set_up(look, thorough=True)
    assert {"Looking at what is there", "Downloading scipy", "Installing"} < seen.keys()
    assert all(seen.values())
    assert not is_engine_changing(engine.home)


def test_broken_off_half_way_and_taken_up_again_nothing_is_fetched_twice(tmp_path):
    engine = published(tmp_path)

    def stop_half_way(_progress, cancel):
        if len(list(engine.places.wheels.glob("*.whl"))) >= 2:
            cancel()

    with pytest.raises(Stopped):
        engine.set_up(stop_half_way)
    kept = {p.name: p.stat().st_mtime_ns for p in engine.places.wheels.glob("*.whl")}
    assert len(kept) == 2
    assert engine.state() is State.UNFINISHED
    assert not engine.places.environment.exists()
    whole, rest = 4, engine.plan().coming
    assert len(rest) == whole - len(kept)
    for name in kept:
        (engine.index / name).unlink()  # what is asked for once more cannot be had
    told = engine.set_up()
    assert engine.state(files=True) is State.READY
    assert "Making the environment" not in [p.step for p in told]
    assert leftovers(engine) == set()


def test_a_wheel_that_was_cut_off_is_fetched_again(begun):
    claim(begun.places.wheels, begun.plan().base.version)
    whole = (begun.index / "scipy-1.0-py3-none-any.whl").read_bytes()
    (begun.places.wheels / "scipy-1.0-py3-none-any.whl").write_bytes(whole[: len(whole) // 2])
    begun.set_up()
    assert begun.state(files=True) is State.READY


def test_progress_never_falls_and_names_its_steps(tmp_path):
    told = published(tmp_path).set_up()
    fractions = [p.fraction for p in told]
    assert fractions == sorted(fractions) and fractions[-1] > 0.9
    steps = [p.step for p in told]
    assert steps.index("Making the environment") < steps.index("Downloading torch") < steps.index("Installing")
    assert steps[-1] == "Trying the engine's packages"
    assert all(p.done <= p.total for p in told)


@pytest.mark.parametrize("harm", ["content", "file", "record", "package"])
def test_damage_is_seen_and_repaired_with_what_is_broken_alone(engine, harm):
    site = site_packages(engine.places.environment)
    match harm:
        case "content":  # of the same length
            path = site / "scipy" / "data.py"
            path.write_text(path.read_text().replace("1", "2"))
        case "file":
            (site / "scipy" / "data.py").unlink()
        case "record":
            (site / "scipy-1.0.dist-info" / "RECORD").unlink()
        case "package":
            shutil.rmtree(site / "scipy-1.0.dist-info")
    assert engine.state(files=True) is (State.READY if harm == "content" else State.DAMAGED)
    for name in ("torch", "numpy", "tiny_one"):
        next(engine.index.glob(f"{name}-*")).unlink()  # so that only what is broken can be fetched
    engine.set_up(thorough=True)
    assert engine.state(files=True) is State.READY
    assert runs(engine, "import scipy.data; print(scipy.data.DATA)") == "1"


def test_a_python_that_is_gone_is_led_back_without_fetching_anything(engine):
    for path in python_in(engine.places.environment).parent.glob("python*"):
        path.unlink()
    python_in(engine.places.environment).symlink_to("/no/such/blender/python3.11")
    assert engine.state() is State.DAMAGED
    shutil.rmtree(engine.index)
    engine.set_up(thorough=True)
    assert engine.state(files=True) is State.READY
    assert runs(engine, "import torch; print(torch.VERSION)") == "2.0"


def test_a_damaged_pip_is_put_right(engine):
    site = site_packages(engine.places.environment)
    (site / "pip" / "_internal" / "__init__.py").unlink()
    (site / "scipy" / "data.py").unlink()
    engine.set_up(thorough=True)
    assert engine.state(files=True) is State.READY


def test_an_update_changes_only_what_has_changed(engine):
    engine.lock = {"torch": "2.0", "scipy": "1.1", "numpy": "1.0", "tiny_two": "1.0"}
    site = site_packages(engine.places.environment)
    (site / "scipy" / "left_over.py").touch()
    record = site / "scipy-1.0.dist-info" / "RECORD"
    record.write_text(record.read_text() + "scipy/left_over.py,,\n")
    assert engine.state() is State.OUTDATED
    shutil.rmtree(engine.index)
    engine.publish("scipy", "1.1")
    engine.publish("tiny_two", "1.0")
    assert {r.name for r in engine.plan().coming} == {"scipy", "tiny-two"}
    engine.set_up(probe="import torch, scipy, numpy, tiny_two")
    assert engine.state(files=True) is State.READY
    assert runs(engine, "import scipy; print(scipy.VERSION)") == "1.1"
    assert "tiny-one" not in installed(engine.places.environment)
    assert not (site / "scipy" / "left_over.py").exists()


def test_an_update_that_is_broken_off_leaves_the_old_engine_working(engine):
    engine.lock["scipy"] = "1.1"
    engine.publish("scipy", "1.1")

    def stop(progress, cancel):
        if progress.step.startswith("Downloading"):
            cancel()

    with pytest.raises(Stopped):
        engine.set_up(stop)
    assert engine.state() is State.OUTDATED
    assert runs(engine, "import scipy; print(scipy.VERSION)") == "1.0"


def test_what_breaks_off_while_it_installs_is_not_taken_for_ready(engine):
    engine.lock["scipy"] = "1.1"
    engine.publish("scipy", "1.1")

    def stop(progress, cancel):
        if progress.step == "Installing":
            cancel()

    with pytest.raises(Stopped):
        engine.set_up(stop)
    assert engine.state() is State.DAMAGED
    engine.set_up()
    assert engine.state(files=True) is State.READY


def test_what_pytorch_brings_along_comes_too_and_is_kept_whole(begun):
    begun.publish("torch", "2.0", needs=("nvidia_tiny==3.0", "numpy", 'absent; extra == "more"'))
    begun.publish("nvidia_tiny", "3.0")
    begun.set_up(probe="import torch, nvidia_tiny")
    stamp = read_stamp(begun.places.environment)
    assert stamp.brought == {"nvidia-tiny": "3.0"}
    assert begun.state(files=True) is State.READY
    (site_packages(begun.places.environment) / "nvidia_tiny" / "data.py").unlink()
    assert begun.state(files=True) is State.DAMAGED
    begun.set_up(thorough=True, probe="import torch, nvidia_tiny.data")
    assert begun.state(files=True) is State.READY


def test_what_pytorch_brings_along_comes_also_after_an_installation_that_was_broken_off(begun):
    begun.publish("torch", "2.0", needs=("nvidia_tiny==3.0",))
    begun.publish("nvidia_tiny", "3.0")

    def stop_once_torch_is_there(progress, cancel):
        if "torch" in installed(begun.places.unfinished):
            cancel()

    with pytest.raises(Stopped):
        begun.set_up(stop_once_torch_is_there, probe="import torch, nvidia_tiny")
    site = site_packages(begun.places.unfinished)
    for remains in site.glob("nvidia_tiny*"):
        shutil.rmtree(remains)
    for wheels_gone in (False, True):
        if wheels_gone:
            (begun.places.environment / "sv3d_engine.json").unlink()
            shutil.rmtree(next(site_packages(begun.places.environment).glob("nvidia_tiny-*")))
        begun.set_up(probe="import torch, nvidia_tiny")
        assert read_stamp(begun.places.environment).brought == {"nvidia-tiny": "3.0"}
        assert begun.state(files=True) is State.READY


def test_nothing_is_fetched_without_leave(engine):
    """Also what only a thorough look finds broken."""
    data = site_packages(engine.places.environment) / "scipy" / "data.py"
    data.write_text(data.read_text().replace("1", "2"))
    assert engine.plan().coming == ()
    with pytest.raises(UserError, match="stay offline"):
        engine.set_up(plan=dataclasses.replace(engine.plan(), online=False), thorough=True)
    assert engine.state() is State.READY
    assert not list(engine.places.wheels.glob("*.whl"))


def test_another_pythons_wheels_are_not_used(begun):
    claim(begun.places.wheels, "3.8")
    (begun.places.wheels / "scipy-1.0-cp38-cp38-any.whl").write_bytes(
        (begun.index / "scipy-1.0-py3-none-any.whl").read_bytes()
    )
    begun.set_up()
    assert begun.state(files=True) is State.READY


def test_a_folder_of_somebody_elses_is_not_touched(tmp_path):
    engine = published(tmp_path)
    (engine.home / "engine").mkdir(parents=True)
    (engine.home / "engine" / "work.txt").write_text("years")
    with pytest.raises(UserError, match="does not touch"):
        engine.set_up()
    assert (engine.home / "engine" / "work.txt").read_text() == "years"


def test_packages_that_do_not_load_are_not_put_into_place(begun):
    begun.publish("torch", "2.0", content="raise OSError('libgomp.so.1: cannot open shared object file')")
    with pytest.raises(UserError, match="do not load") as caught:
        begun.set_up()
    assert "libgomp" in caught.value.details
    assert begun.state() is State.UNFINISHED


def test_a_package_that_the_index_lacks_is_named(begun):
    begun.lock["tiny_one"] = "9.9"
    with pytest.raises(UserError, match=r"tiny-one==9\.9"):
        begun.set_up()


def test_an_index_that_cannot_be_reached_is_told_and_what_has_come_is_kept(begun):
    (begun.index / "tiny_one-1.0-py3-none-any.whl").unlink()
    nobody = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    with pytest.raises(UserError, match="cannot be reached"):
        begun.set_up(**nobody)
    assert len(list(begun.places.wheels.glob("*.whl"))) == 3


def test_a_pip_that_can_go_on_with_half_a_file_comes_first_where_the_index_has_one(begun):
    """The index here has another pip than the one whose hash is known, which then is not taken."""
    before = installed(begun.places.unfinished)["pip"].version
    renewed = release_of(before) < (25, 1)
    calls = []
    run = Commands.run

    def seen(self, command, *more, **named):
        calls.append(" ".join(map(str, command)))
        return run(self, command, *more, **named)

    begun.publish("pip", "26.3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Commands, "run", seen)
        begun.set_up()
    first = next(i for i, call in enumerate(calls) if " download " in call)
    assert [" install " in call and "--retries=0" in call for call in calls[:first]].count(True) == renewed
    assert installed(begun.places.environment)["pip"].version == before
    assert begun.state(files=True) is State.READY


def test_a_full_disk_is_told_before_anything_is_fetched(begun):
    full = dataclasses.replace(begun.plan(), free=10)
    with pytest.raises(UserError, match="are needed"):
        begun.set_up(plan=full)
    assert list(begun.places.wheels.glob("*.whl")) == []


def test_a_python_that_cannot_make_environments_is_told(tmp_path):
    engine = published(tmp_path)
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'No module named venv'; exit 1\n")
    python.chmod(0o755)
    with pytest.raises(UserError, match="cannot make environments"):
        engine.set_up(plan=dataclasses.replace(engine.plan(), base=plan.Base((str(python),), "3.11", "a broken one")))


def test_hashes_of_the_lock_are_held_to(begun, monkeypatch):
    path = begun.locks / "runtime.txt"
    path.write_text(path.read_text().replace("scipy==1.0", f"scipy==1.0 \\\n    --hash=sha256:{'0' * 64}"))
    monkeypatch.setattr(Engine, "locks", path.parent)
    with pytest.raises(UserError, match="another file than the one that SV3D asked for"):
        begun.set_up()


def test_the_users_way_of_installing_elsewhere_does_not_matter(begun, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "elsewhere"))
    begun.set_up()
    assert begun.state(files=True) is State.READY


def test_a_standalone_python_is_fetched_where_blenders_does_not_do(tmp_path):
    """uv itself is stood in for: it puts a link to this Python where uv puts a whole one."""
    engine = published(tmp_path)
    program = f"""
import pathlib, sys
words = sys.argv
folder = pathlib.Path(words[words.index('--install-dir') + 1], f'cpython-{{words[3]}}.9-linux-x86_64-gnu', 'bin')
folder.mkdir(parents=True)
(folder / 'python3').symlink_to({sys._base_executable!r})
"""
    wheel = engine.publish("uv", "0.13.9")
    import zipfile

    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("uv/__main__.py", program)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    base = plan.Base((sys.executable,), version, "a Python of its own", standalone=True)
    engine.set_up(plan=dataclasses.replace(engine.plan(), base=base))
    assert engine.state(files=True) is State.READY
    assert Path(runs(engine, "import sys; print(sys.base_prefix)")).exists()
    assert leftovers(engine) == {"python"}
    assert str(engine.places.standalone) in (engine.places.environment / "pyvenv.cfg").read_text()


def test_the_build_of_pytorch_is_part_of_what_fits():
    wanted = packages.Requirement("torch", "2.0+cu130")
    assert not packages.fits(packages.Installed("torch", "2.0+cpu", Path("RECORD")), wanted, "cu130")
    assert packages.fits(packages.Installed("torch", "2.0+cu130", Path("RECORD")), wanted, "cu130")
    plain = packages.Requirement("torch", "2.0")
    assert packages.fits(packages.Installed("torch", "2.0+cpu", Path("RECORD")), plain, "cpu")
    assert not packages.fits(packages.Installed("torch", "2.0+cu130", Path("RECORD")), plain, "cpu")
