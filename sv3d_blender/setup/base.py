"""The Python that the engine's environment is made from: Blender's own, one the user names, or one that is fetched."""

import importlib.util
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...sv3d_engine.shared.engine_python import ENGINE_PYTHONS, THIS_VERSION, python_in
from ...sv3d_engine.shared.errors import UserError
from ..engine.launch import clean_environment

STANDALONE_VERSION = "3.13"  # that is fetched where no other does
STANDALONE_BYTES = 60_000_000  # about, with the program that fetches it
_SECONDS = 20.0
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows only


@dataclass(frozen=True)
class Base:
    """A Python; for a standalone one the command is Blender's, which fetches it."""

    command: tuple[str, ...]
    version: str  # "3.11"
    title: str  # as the artist is told
    standalone: bool = False


def choose_base(own: str, blender: Sequence[str]) -> Base:
    """The Python to build on: ``own`` where the user names one, else Blender's (its command), else a fetched one.

    Raises UserError where none does.
    """
    if own.strip():
        return _own(Path(own.strip()).expanduser())
    able = all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
    if not able:
        raise UserError(
            "The Python of this Blender cannot make environments.",
            f"Install Python {ENGINE_PYTHONS[0]} to {ENGINE_PYTHONS[-1]}, for instance from python.org, and choose it "
            "under “Python to Build On”.",
        )
    if THIS_VERSION in ENGINE_PYTHONS:
        return Base(tuple(blender), THIS_VERSION, f"Blender's own Python {THIS_VERSION}")
    return Base(tuple(blender), STANDALONE_VERSION, f"a Python {STANDALONE_VERSION} of its own", standalone=True)


def _own(path: Path) -> Base:
    if path.is_dir():
        path = python_in(path)
    version = version_of([str(path)])
    if not version:
        raise UserError(
            "The Python chosen to build on does not start.", "Choose another, or leave the field empty.", str(path)
        )
    if version not in ENGINE_PYTHONS:
        raise UserError(
            f"The engine cannot run on Python {version}, which is chosen to build on.",
            f"Choose Python {ENGINE_PYTHONS[0]} to {ENGINE_PYTHONS[-1]}, or leave the field empty.",
        )
    return Base((str(path),), version, f"Python {version} at {path}")


def version_of(command: Sequence[str]) -> str:
    """ "3.11", or "" where it does not start."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [*command, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            creationflags=_NO_WINDOW,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if re.fullmatch(r"\d+\.\d+", done.stdout.strip()) else ""


def version_of_environment(environment: Path) -> str:
    """The version an environment was made with, whether or not its Python still starts; "" if it is not told."""
    try:
        found = re.search(r"^version\S*\s*=\s*(\d+\.\d+)", (environment / "pyvenv.cfg").read_text("utf-8"), re.M)
    except (OSError, UnicodeDecodeError):
        return ""
    return found[1] if found else ""
