"""All tests, each kind where it can run, and one summary at the end."""

import os
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

from . import blender, environment, extension
from .console import ROOT, BuildError, heading, in_ci, run, say

RESULTS = ROOT / "build" / "test"
WINDOW_TESTS = ROOT / "tests" / "blender" / "window"
BPY_TESTS = ROOT / "tests" / "blender" / "bpy"


@dataclass
class Tally:
    """Counts over all runs, and what could not be run."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    lines: list[str] = field(default_factory=list)

    def note(self, name: str, text: str) -> None:
        self.lines.append(f"{name:<22} {text}")

    def check(self, name: str, succeeded: bool) -> None:
        """One check that counts as a test of its own."""
        self.passed += succeeded
        self.failed += not succeeded
        self.note(name, "passed" if succeeded else "FAILED")

    def unavailable(self, name: str, reason: str) -> None:
        """What cannot run here is skipped; under CI it has to run."""
        if in_ci():
            self.failed += 1
            self.note(name, f"FAILED: {reason}")
        else:
            self.skipped += 1
            self.note(name, f"skipped: {reason}")


def run_all(only: str = "all") -> int:
    """Run every kind of test, or one of KINDS; returns the exit status."""
    python = environment.engine_python()
    tally = Tally()
    for name, step in KINDS.items():
        if only in ("all", name):
            step(tally, python)
    heading("Summary")
    for line in tally.lines:
        print(f"  {line}")
    if not tally.passed + tally.failed:
        tally.failed = 1
        print("  nothing was tested")
    print(f"\n{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped", flush=True)
    return 1 if tally.failed else 0


def _style(tally: Tally, python: Path) -> None:
    heading("Style and types")
    tally.check("ruff", run([python, "-m", "ruff", "check", "."]) == 0)
    tally.check("ruff format", run([python, "-m", "ruff", "format", "--check", "."]) == 0)
    mypy: list[str | Path] = [python, "-m", "mypy"]
    engine = run([*mypy, "build.py", "sv3d_engine"])
    # The add-on in the extension's layout, where its relative imports reach the engine.
    extension.stage(ROOT / "build" / "types" / "sv3d")
    addon = run([*mypy, "--follow-imports=silent", Path("build", "types", "sv3d", "sv3d_blender")])
    tally.check("mypy", engine == addon == 0)


def _unit(tally: Tally, python: Path) -> None:
    heading("Unit tests")
    _pytest(tally, "unit tests", python, [])


def _bpy(tally: Tally, _python: Path) -> None:
    for release in blender.RELEASES:
        name = f"Blender {release.series} module"
        heading(name)
        try:
            python = blender.bpy_python(release)
        except BuildError as error:
            tally.failed += 1
            tally.note(name, f"FAILED: {error}")
            continue
        if python is None:
            tally.unavailable(name, f"needs Python {release.python}")
            continue
        _pytest(tally, name, python, [BPY_TESTS])


def _window(tally: Tally, python: Path) -> None:
    name = "Blender with a window"
    heading(name)
    if not any(WINDOW_TESTS.glob("test_*.py")):
        return
    if sys.platform != "linux" or os.geteuid() != 0:
        tally.unavailable(name, "needs root on Linux, to run Blender in a root directory of its own")
        return
    zip_path = extension.build()
    say("Providing Blender; the first time takes some minutes")
    if run([WINDOW_TESTS / "provision"]) != 0:
        tally.unavailable(name, "Blender could not be provided; its log is named above")
        return
    shots = RESULTS / "window"
    _pytest(tally, name, python, [WINDOW_TESTS], {"SV3D_ZIP": str(zip_path), "REAL_BLENDER_SHOTS": str(shots)})


def _pytest(tally: Tally, name: str, python: Path, paths: list[Path], env: dict[str, str] | None = None) -> None:
    """Run pytest and add what its report counts."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    report = RESULTS / f"{name.replace(' ', '-')}.xml"
    report.unlink(missing_ok=True)
    started = time.monotonic()
    status = run([python, "-m", "pytest", f"--junitxml={report}", "--durations=5", *paths], env)
    seconds = time.monotonic() - started
    passed, failed, skipped = _counts(report)
    if status and not failed:
        failed = 1  # it crashed, could not start, or found nothing
    tally.passed += passed
    tally.failed += failed
    tally.skipped += skipped
    tally.note(name, f"{passed} passed, {failed} failed, {skipped} skipped in {seconds:.0f} s")


def _counts(report: Path) -> tuple[int, int, int]:
    """Passed, failed, skipped in a JUnit file; zeros if there is none."""
    if not report.exists():
        return 0, 0, 0
    suites = ET.parse(report).getroot().iter("testsuite")
    total = failed = skipped = 0
    for suite in suites:
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return total - failed - skipped, failed, skipped


KINDS = {"style": _style, "unit": _unit, "bpy": _bpy, "window": _window}
