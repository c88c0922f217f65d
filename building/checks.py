"""All tests, each kind where it can run, and one summary at the end."""

import os
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from . import blender, environment, extension
from .console import ROOT, BuildError, heading, in_ci, run, say

RESULTS = ROOT / "build" / "test"
WINDOW_TESTS = ROOT / "tests" / "blender" / "window"
BPY_TESTS = ROOT / "tests" / "blender" / "bpy"

CORES = os.cpu_count() or 1
WORKERS = min(CORES, 4)  # each holds PyTorch and up to 2 GB


@dataclass(frozen=True)
class Counts:
    """One run's tests."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0


@dataclass
class Tally:
    """Counts over all runs, and what could not be run."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    lines: list[str] = field(default_factory=list)

    def note(self, name: str, text: str) -> None:
        self.lines.append(f"{name:<22} {text}")

    def add(self, name: str, counts: Counts, seconds: float) -> None:
        """A whole run."""
        self.passed += counts.passed
        self.failed += counts.failed
        self.skipped += counts.skipped
        text = f"{counts.passed} passed, {counts.failed} failed, {counts.skipped} skipped in {seconds:.0f} s"
        self.note(name, text)

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


def run_all(only: str = "all", torch: str = "auto") -> int:
    """Run every kind of test, or one of KINDS, with a choice of PyTorch; returns the exit status."""
    python = environment.engine_python(torch)
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
    # A file's tests stay together, for what they share, and files in order: long ones are not left for the end.
    workers = [f"-n{WORKERS}", "--dist=loadfile", "--no-loadscope-reorder"]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), str(CORES // WORKERS))
    if in_ci():  # elsewhere what needs it is skipped, for nobody was asked
        run([python, "-m", "sv3d_engine", "models", "get", "lpips"])
    tally.add("unit tests", *_pytest("unit tests", python, workers, threads))


def _bpy(tally: Tally, _python: Path) -> None:
    """All Blenders at once, for these tests wait much; each one's output is printed when it is whole."""
    heading("Blender modules")
    pythons = {}
    for release in blender.RELEASES:
        name = f"Blender {release.series} module"
        try:
            python = blender.bpy_python(release)
        except BuildError as error:
            tally.failed += 1
            tally.note(name, f"FAILED: {error}")
            continue
        if python is None:
            tally.unavailable(name, f"needs Python {release.python}")
        else:
            pythons[name] = python
    with ThreadPoolExecutor(CORES) as pool:
        runs = {name: pool.submit(_pytest_aside, name, python, [BPY_TESTS]) for name, python in pythons.items()}
        for name, going in runs.items():
            printed, counts, seconds = going.result()
            say(name)
            print(printed, flush=True)
            tally.add(name, counts, seconds)


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
    told = {"SV3D_ZIP": str(zip_path), "REAL_BLENDER_SHOTS": str(RESULTS / "window")}
    tally.add(name, *_pytest(name, python, [WINDOW_TESTS], told))


def _pytest(
    name: str,
    python: Path,
    arguments: Sequence[str | Path],
    env: Mapping[str, str] | None = None,
    output: IO[str] | None = None,
) -> tuple[Counts, float]:
    """Run pytest; what its report counts, and the seconds it took."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    report = RESULTS / f"{name.replace(' ', '-')}.xml"
    report.unlink(missing_ok=True)
    started = time.monotonic()
    status = run([python, "-m", "pytest", f"--junitxml={report}", "--durations=5", *arguments], env, output=output)
    counts = _counts(report)
    if status and not counts.failed:
        counts = replace(counts, failed=1)  # it crashed, could not start, or found nothing
    return counts, time.monotonic() - started


def _pytest_aside(name: str, python: Path, arguments: Sequence[str | Path]) -> tuple[str, Counts, float]:
    """The same beside others: what it printed comes back."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        counts, seconds = _pytest(name, python, arguments, output=output)
        output.seek(0)
        return output.read(), counts, seconds


def _counts(report: Path) -> Counts:
    """What a JUnit file tells; zeros if there is none."""
    if not report.exists():
        return Counts()
    total = failed = skipped = 0
    for suite in ET.parse(report).getroot().iter("testsuite"):
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return Counts(total - failed - skipped, failed, skipped)


KINDS = {"style": _style, "unit": _unit, "bpy": _bpy, "window": _window}
