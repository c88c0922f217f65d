"""Which Python runs the engine, and how it is started."""

import sys
from pathlib import Path

import pytest
from sv3d.sv3d_blender.engine.launch import choose_python, engine_command, engine_environment
from sv3d.sv3d_engine.shared.engine_python import python_in
from sv3d.sv3d_engine.shared.errors import UserError


def test_the_preference_comes_before_the_environment(tmp_path: Path):
    other = tmp_path / "python"
    other.symlink_to(sys.executable)
    environment = {"SV3D_ENGINE_PYTHON": str(other)}
    assert choose_python(sys.executable, environment) == Path(sys.executable)
    assert choose_python("  ", environment) == other  # not what it links to: that is how an environment works


def test_a_virtual_environments_folder_is_understood():
    if sys.prefix != sys.base_prefix:
        assert choose_python(sys.prefix, {}).samefile(sys.executable)


def test_without_a_choice_it_is_the_set_ups(tmp_path, monkeypatch):
    monkeypatch.setenv("SV3D_HOME", str(tmp_path))
    with pytest.raises(UserError, match="not set up yet") as caught:
        choose_python("", {})
    assert "Set Up Engine" in caught.value.remedy
    made = python_in(tmp_path / "engine")
    made.parent.mkdir(parents=True)
    made.symlink_to(sys.executable)
    assert choose_python("", {}) == made


@pytest.mark.parametrize(("preferred", "cause"), [("/no/such/python", "not exist"), (__file__, "not a program")])
def test_a_wrong_choice_is_explained(preferred, cause):
    with pytest.raises(UserError, match=cause) as caught:
        choose_python(preferred, {})
    assert "preferences" in caught.value.remedy


def test_blenders_python_settings_do_not_reach_the_engine():
    blenders = {"PYTHONHOME": "/blender", "PYTHONPATH": "/scripts", "HOME": "/home/artist"}
    environment = engine_environment(Path("/extension"), Path("/cache"), blenders)
    assert "PYTHONHOME" not in environment
    assert environment["PYTHONPATH"] == str(Path("/extension"))
    assert environment["PYTHONPYCACHEPREFIX"] == str(Path("/cache"))
    assert environment["HOME"] == "/home/artist"


def test_the_command_names_the_engine_and_its_log():
    command = engine_command(Path("python"), Path("engine.log"))
    assert command[0] == "python"
    assert command[-4:] == ["sv3d_engine", "serve", "--log", "engine.log"]
