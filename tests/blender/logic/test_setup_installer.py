"""Real environments from an index of tiny wheels: set up, broken off, resumed, damaged, repaired, updated."""

import dataclasses
import shutil
from pathlib import Path

import pytest
from sv3d.sv3d_blender.setup import packages
from sv3d.sv3d_blender.setup.commands import Stopped
from sv3d.sv3d_blender.setup.packages import installed, site_packages
from sv3d.sv3d_blender.setup.state import State, read_stamp
from sv3d.sv3d_engine.shared.engine_use import is_engine_changing
from sv3d.sv3d_engine.shared.errors import UserError

from tests.blender.logic.setup_index import leftovers, published, runs

pytestmark = pytest.mark.usefixtures("plain_torch")


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


def test_a_full_disk_is_told_before_anything_is_fetched(begun):
    full = dataclasses.replace(begun.plan(), free=10)
    with pytest.raises(UserError, match="are needed"):
        begun.set_up(plan=full)
    assert list(begun.places.wheels.glob("*.whl")) == []


def test_the_users_way_of_installing_elsewhere_does_not_matter(begun, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "elsewhere"))
    begun.set_up()
    assert begun.state(files=True) is State.READY


def test_the_build_of_pytorch_is_part_of_what_fits():
    wanted = packages.Requirement("torch", "2.0+cu130")
    assert not packages.fits(packages.Installed("torch", "2.0+cpu", Path("RECORD")), wanted, "cu130")
    assert packages.fits(packages.Installed("torch", "2.0+cu130", Path("RECORD")), wanted, "cu130")
    plain = packages.Requirement("torch", "2.0")
    assert packages.fits(packages.Installed("torch", "2.0+cpu", Path("RECORD")), plain, "cpu")
    assert not packages.fits(packages.Installed("torch", "2.0+cu130", Path("RECORD")), plain, "cpu")
