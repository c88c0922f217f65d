"""What is fetched, from which index, and what becomes of it when something breaks off."""

import dataclasses
import shutil

import pytest
from sv3d.sv3d_blender.setup.commands import Commands, Stopped
from sv3d.sv3d_blender.setup.packages import installed, release_of, site_packages
from sv3d.sv3d_blender.setup.state import State, claim, read_stamp
from sv3d.sv3d_engine.shared.errors import UserError

from tests.blender.logic.setup_index import Engine

pytestmark = pytest.mark.usefixtures("plain_torch")


def test_a_wheel_that_was_cut_off_is_fetched_again(begun):
    claim(begun.places.wheels, begun.plan().base.version)
    whole = (begun.index / "scipy-1.0-py3-none-any.whl").read_bytes()
    (begun.places.wheels / "scipy-1.0-py3-none-any.whl").write_bytes(whole[: len(whole) // 2])
    begun.set_up()
    assert begun.state(files=True) is State.READY


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


def test_hashes_of_the_lock_are_held_to(begun, monkeypatch):
    path = begun.locks / "runtime.txt"
    path.write_text(path.read_text().replace("scipy==1.0", f"scipy==1.0 \\\n    --hash=sha256:{'0' * 64}"))
    monkeypatch.setattr(Engine, "locks", path.parent)
    with pytest.raises(UserError, match="another file than the one that SV3D asked for"):
        begun.set_up()
