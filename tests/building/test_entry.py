"""build.py's command line."""

import sys

import pytest

import build
from building import checks


@pytest.mark.parametrize(("words", "only"), [(["test"], "all"), (["test", "unit"], "unit")])
def test_what_test_runs(monkeypatch: pytest.MonkeyPatch, words: list[str], only: str) -> None:
    asked: list[str] = []
    monkeypatch.setattr(checks, "run_all", lambda kind: asked.append(kind) or 0)
    monkeypatch.setattr(sys, "argv", ["build.py", *words])
    assert build.main() == 0
    assert asked == [only]
