"""Blender for tests and the demo: as a Python module, or the program."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import environment
from .console import ROOT, BuildError, say


@dataclass(frozen=True)
class Release:
    """A Blender that pip can install as a module, and the only Python its wheels are for."""

    series: str
    python: str

    @property
    def folder(self) -> Path:
        return ROOT / f".venv-bpy-{self.series}"

    @property
    def requirements(self) -> Path:
        return environment.REQUIREMENTS / f"bpy-{self.series}.txt"


RELEASES = (
    Release("5.2", "3.13"),
    Release("5.3", "3.13"),
    Release("5.0", "3.11"),
    Release("4.5", "3.11"),
    Release("4.2", "3.11"),
)


def bpy_python(release: Release) -> Path | None:
    """The Python of an environment with this Blender; None where its Python is missing."""
    base = environment.find_python([release.python])
    if base is None:
        return None
    try:
        return environment.make(release.folder, base, [release.requirements], probe="import bpy")
    except BuildError as error:
        raise BuildError(
            f"{error}\nBlender {release.series} could not be made ready.  If a library is missing: on Debian and "
            "Ubuntu, apt install libxi6 libxxf86vm1 libxfixes3 libxrender1 libgl1 libsm6 libxkbcommon0"
        ) from error


def python_script(script: Path, *arguments: str | Path) -> list[str | Path] | None:
    """The command that runs a script inside some Blender, with arguments after ``--``; None if there is none.

    A Blender program is taken if ``$BLENDER`` or PATH names one, else the module.
    """
    program = os.environ.get("BLENDER") or shutil.which("blender")
    if program:
        # Without --factory-startup, which would leave out the settings of BLENDER_USER_RESOURCES.
        return [program, "--background", "--python-exit-code", "1", "--python", script, "--", *arguments]
    for release in sorted(RELEASES, key=lambda r: not r.folder.exists()):
        if python := bpy_python(release):
            return [python, script, "--", *arguments]
    return None


def validator() -> tuple[Path, Path] | None:
    """A Python with Blender, and in it Blender's own checker of extensions."""
    for release in sorted(RELEASES, key=lambda r: not r.folder.exists()):
        if python := bpy_python(release):
            scripts = list(release.folder.rglob("bl_pkg/cli/blender_ext.py"))
            if scripts:
                return python, scripts[0]
    return None


def explain_missing() -> None:
    """Say what a machine without any Blender can do about it."""
    pythons = " or ".join(sorted({release.python for release in RELEASES}))
    say("There is no Blender here.  Either install Blender 4.2 or newer and name it in the variable BLENDER,")
    say(f"or install Python {pythons}, for which Blender exists as a module; then run this again.")
