"""The summary of all test runs."""

import sys
from pathlib import Path

import pytest

from building import checks


def test_counts_are_read_from_a_report(tmp_path: Path) -> None:
    report = tmp_path / "a.xml"
    report.write_text('<testsuites><testsuite tests="9" failures="1" errors="2" skipped="3"/></testsuites>')
    assert checks._counts(report) == checks.Counts(3, 3, 3)
    assert checks._counts(tmp_path / "none.xml") == checks.Counts()


def test_a_run_that_dies_counts_as_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "RESULTS", tmp_path)
    monkeypatch.setattr(checks, "run", lambda command, env=None, output=None: -11)
    counts, _ = checks._pytest("crash", Path("python"), [])
    assert counts == checks.Counts(passed=0, failed=1)


TESTS = """
import os
import pytest

def test_passes():
    print("printed by a test")
    assert os.environ["OMP_NUM_THREADS"] == "1"

def test_fails():
    assert os.environ["OMP_NUM_THREADS"] == "3"

@pytest.mark.skip
def test_is_skipped():
    pass

@pytest.fixture
def broken():
    raise ValueError

def test_cannot_start(broken):
    pass
"""


@pytest.mark.parametrize("workers", [[], ["-n2", "--dist=loadfile"]])
def test_runs_are_counted_in_one_process_and_in_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: list[str]
) -> None:
    monkeypatch.setattr(checks, "RESULTS", tmp_path / "results")
    (tmp_path / "test_some.py").write_text(TESTS)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    some = [tmp_path / "test_some.py", "--noconftest", "-p", "no:cacheprovider", *workers]
    printed, counts, _ = checks._pytest_aside("some", Path(sys.executable), some)
    assert counts == checks.Counts(passed=1, failed=2, skipped=1)
    assert "test_fails" in printed


@pytest.mark.parametrize(("ci", "failed", "skipped"), [("true", 1, 0), ("", 0, 1)])
def test_what_cannot_run_is_skipped_but_not_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, failed: int, skipped: int
) -> None:
    monkeypatch.setenv("CI", ci)
    tally = checks.Tally()
    tally.unavailable("Blender", "needs Python 3.13")
    assert (tally.failed, tally.skipped) == (failed, skipped)
