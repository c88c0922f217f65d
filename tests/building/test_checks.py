"""The summary of all test runs."""

from pathlib import Path

import pytest

from building import checks


def test_counts_are_read_from_a_report(tmp_path: Path) -> None:
    report = tmp_path / "a.xml"
    report.write_text('<testsuites><testsuite tests="9" failures="1" errors="2" skipped="3"/></testsuites>')
    assert checks._counts(report) == (3, 3, 3)
    assert checks._counts(tmp_path / "none.xml") == (0, 0, 0)


def test_a_run_that_dies_counts_as_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "RESULTS", tmp_path)
    monkeypatch.setattr(checks, "run", lambda command, env=None: -11)
    tally = checks.Tally()
    checks._pytest(tally, "crash", Path("python"), [])
    assert (tally.passed, tally.failed) == (0, 1)


@pytest.mark.parametrize(("ci", "failed", "skipped"), [("true", 1, 0), ("", 0, 1)])
def test_what_cannot_run_is_skipped_but_not_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, failed: int, skipped: int
) -> None:
    monkeypatch.setenv("CI", ci)
    tally = checks.Tally()
    tally.unavailable("Blender", "needs Python 3.13")
    assert (tally.failed, tally.skipped) == (failed, skipped)
