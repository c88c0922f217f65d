"""What a set-up would do, told before it does anything."""

import json
import sys
from pathlib import Path

import pytest
from sv3d.sv3d_blender.setup import base, plan
from sv3d.sv3d_blender.setup.base import choose_base
from sv3d.sv3d_blender.setup.plan import build_for, build_title, make_plan
from sv3d.sv3d_blender.setup.state import Places
from sv3d.sv3d_engine.shared import nvidia, torch_build
from sv3d.sv3d_engine.shared.errors import UserError

from tests.blender.logic.setup_index import Engine
from tests.blender.stand_in.tiny_wheels import write_wheel

BLENDER = ("/blender/python", "-I")
ADA = nvidia.Driver("580.65", "RTX 4090", (8, 9))


def test_blenders_own_python_is_built_on_where_it_fits(monkeypatch):
    monkeypatch.setattr(base, "THIS_VERSION", "3.13")
    chosen = choose_base("", BLENDER)
    assert (chosen.command, chosen.version, chosen.standalone) == (BLENDER, "3.13", False)


def test_a_python_is_fetched_where_blenders_does_not_fit(monkeypatch):
    monkeypatch.setattr(base, "THIS_VERSION", "3.99")
    chosen = choose_base("", BLENDER)
    assert chosen.standalone and chosen.version == base.STANDALONE_VERSION


def test_a_blender_that_cannot_make_environments_needs_another_python(monkeypatch):
    monkeypatch.setattr(base.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="cannot make environments"):
        choose_base("", BLENDER)


def test_the_users_own_python_comes_first(tmp_path):
    chosen = choose_base(sys.executable, BLENDER)
    assert chosen.command == (sys.executable,)
    assert chosen.version == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert choose_base(sys.prefix, BLENDER).version == chosen.version
    with pytest.raises(UserError, match="does not start"):
        choose_base("/no/such/python", BLENDER)
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\necho 3.8\n")
    old.chmod(0o755)
    with pytest.raises(UserError, match=r"Python 3\.8"):
        choose_base(str(old), BLENDER)


@pytest.fixture
def machine(monkeypatch):
    def pretend(platform: str, driver: nvidia.Driver | None) -> None:
        monkeypatch.setattr(torch_build.sys, "platform", platform)
        monkeypatch.setattr(nvidia, "find_driver", lambda: driver)

    return pretend


def test_without_a_card_the_small_build_is_taken(machine, tmp_path):
    for platform in ("linux", "win32"):
        machine(platform, None)
        assert build_for("auto", Places(tmp_path)).name == "cpu"
    machine("linux", ADA)
    assert build_for("auto", Places(tmp_path)).name == "cu130"


def test_the_build_that_is_there_stays_unless_another_is_asked_for(machine, tmp_path):
    machine("linux", None)
    environment = Places(tmp_path).environment
    environment.mkdir(parents=True)
    told = {"lock": "", "torch": "cu126", "packages": {}}
    (environment / "sv3d_engine.json").write_text(json.dumps(told))
    assert build_for("auto", Places(tmp_path)) == torch_build.cuda_build(nvidia.BUILDS[1])
    assert build_for("cpu", Places(tmp_path)).name == "cpu"


def test_builds_have_names_for_artists(machine):
    machine("linux", None)
    assert build_title(torch_build.cuda_build(nvidia.BUILDS[1])) == "NVIDIA graphics card (CUDA 12.6)"
    assert build_title(torch_build.processor_build()) == "processor alone"


def test_what_has_been_downloaded_does_not_come_again(machine, tmp_path):
    machine("win32", None)  # whose build has no suffix
    engine = Engine(tmp_path)
    first = engine.plan()
    assert {r.name for r in first.coming} == {"torch", "scipy", "numpy", "tiny-one"}
    assert first.download > 100e6
    assert first.disk > 3 * first.download
    write_wheel(engine.places.wheels, "torch", "2.0")
    second = engine.plan()
    assert {r.name for r in second.coming} == {"scipy", "numpy", "tiny-one"}
    assert second.download < first.download / 2
    assert second.disk < first.disk


def test_free_space_is_that_of_the_folders_disk(tmp_path, monkeypatch):
    asked = []

    def usage(folder):
        asked.append(Path(folder))
        return type("Usage", (), {"free": 7})

    monkeypatch.setattr(plan.shutil, "disk_usage", usage)
    assert plan.free_bytes(tmp_path / "not" / "yet") == 7
    assert asked == [tmp_path]
    assert not Engine(tmp_path).plan().has_room


def test_an_add_on_without_its_lists_is_told(tmp_path):
    with pytest.raises(UserError, match="not whole"):
        make_plan(tmp_path, tmp_path / "requirements", "cpu", "", BLENDER)
