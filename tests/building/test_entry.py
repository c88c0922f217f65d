"""build.py's command line."""

import sys

import pytest

import build
from building import blender, checks, demo, environment


@pytest.mark.parametrize(("words", "only"), [(["test"], "all"), (["test", "unit"], "unit")])
def test_what_test_runs(monkeypatch: pytest.MonkeyPatch, words: list[str], only: str) -> None:
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(checks, "run_all", lambda *how: asked.append(how) or 0)
    monkeypatch.setattr(sys, "argv", ["build.py", *words])
    assert build.main() == 0
    assert asked == [(only, "auto")]


@pytest.mark.parametrize("command", ["setup", "demo", "test"])
def test_the_build_of_pytorch_can_be_chosen(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    asked: list[str] = []
    monkeypatch.setattr(environment, "engine_python", asked.append)
    monkeypatch.setattr(blender, "RELEASES", ())
    monkeypatch.setattr(demo, "run_demo", lambda preset, torch: environment.engine_python(torch))
    monkeypatch.setattr(checks, "run_all", lambda only, torch: environment.engine_python(torch))
    monkeypatch.setattr(sys, "argv", ["build.py", command, "--torch", "cpu"])
    build.main()
    assert asked == ["cpu"]
