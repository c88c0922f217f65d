"""Which Blender a script gets."""

from pathlib import Path

import pytest

from building import blender, environment


def test_a_named_program_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLENDER", "/opt/blender")
    command = blender.python_script(Path("scene.py"), "job")
    assert command is not None
    assert command[0] == "/opt/blender" and command[-3:] == [Path("scene.py"), "--", "job"]


def test_without_program_and_matching_python_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("BLENDER", raising=False)
    monkeypatch.setattr(blender.shutil, "which", lambda _: None)
    monkeypatch.setattr(environment, "find_python", lambda _: None)
    assert blender.python_script(Path("scene.py")) is None
    assert blender.validator() is None
    blender.explain_missing()
    assert "Python 3.11 or 3.13" in capsys.readouterr().out
