"""Virtual environments from locked requirements, made once and found again at no cost."""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .console import ROOT, BuildError, run, say

REQUIREMENTS = ROOT / "requirements"
# Under this Python even when it is .venv's own, which goes when .venv is made anew.
THIS_PYTHON = Path(getattr(sys, "_base_executable", None) or sys.executable)
ENGINE_PYTHONS = ("3.11", "3.12", "3.13", "3.14")  # what torch and numba have wheels for


def engine_python() -> Path:
    """The engine's environment with the laboratory and what tests need, ``.venv``; returns its Python."""
    here = _version_of(THIS_PYTHON)
    base = THIS_PYTHON if here in ENGINE_PYTHONS else find_python(ENGINE_PYTHONS)
    if base is None:
        raise BuildError(
            f"The engine needs Python {' or '.join(ENGINE_PYTHONS)}; this is {here}.  Install one of them."
        )
    files = [REQUIREMENTS / name for name in ("runtime.txt", "laboratory.txt", "dev.txt")]
    return make(ROOT / ".venv", base, files)


def make(folder: Path, base: Path, requirements: Sequence[Path], probe: str = "") -> Path:
    """An environment with exactly these requirements; returns its Python.  Costs nothing if it is there already.

    ``probe`` is Python that has to run in it before it counts as made.
    """
    python = _python_in(folder)
    stamp = folder / "requirements.sha256"
    wanted = _fingerprint(base, requirements)
    if python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    names = " and ".join(str(r.relative_to(ROOT)) for r in requirements)
    if folder.exists():
        say(f"{folder.name} is out of date or incomplete: making it anew")
        shutil.rmtree(folder)
    say(f"Making {folder.name} with Python {_version_of(base)} from {names}; the first time takes some minutes")
    try:
        run([base, "-m", "venv", folder], quiet=True)
    except BuildError as error:
        remedy = "On Debian and Ubuntu: apt install python3-venv" if os.name == "posix" else "Repair that Python."
        raise BuildError(f"{error}\nThis Python cannot make environments.  {remedy}") from error
    files = [word for file in requirements for word in ("-r", str(file))]
    # Only wheels: a source package would need compilers that an artist's machine has not.
    run([python, "-m", "pip", "install", "--disable-pip-version-check", "--only-binary=:all:", *files], quiet=True)
    if probe:
        run([python, "-c", probe], quiet=True)
    stamp.write_text(wanted, encoding="utf-8")
    return python


def find_python(versions: Sequence[str]) -> Path | None:
    """A Python of one of these versions ("3.11"), the first that is found."""
    for version in versions:
        for candidate in _candidates(version):
            if _version_of(candidate) == version:
                return candidate
    return None


def _candidates(version: str) -> list[Path]:
    """Where a Python of this version may be: this one, PATH, pyenv, uv, the Windows launcher."""
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT", home / ".pyenv")) / "versions"
    uv = home / ".local" / "share" / "uv" / "python"
    found = [THIS_PYTHON]
    found += [Path(p) for p in [shutil.which(f"python{version}")] if p]
    found += sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True)
    found += sorted(uv.glob(f"cpython-{version}.*/bin/python{version}"), reverse=True)
    if launcher := shutil.which("py"):
        told = _ask([launcher, f"-{version}", "-c", "import sys; print(sys.executable)"])
        found += [Path(told)] if told else []
    return found


def _version_of(python: Path) -> str:
    """ "3.11", or "" if it does not run (a pyenv shim of a version that is not selected, say)."""
    if python in (THIS_PYTHON, Path(sys.executable)):
        return f"{sys.version_info.major}.{sys.version_info.minor}"
    answer = _ask([str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    return answer if re.fullmatch(r"\d+\.\d+", answer) else ""


def _ask(command: list[str]) -> str:
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _python_in(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _fingerprint(base: Path, requirements: Sequence[Path]) -> str:
    """Changes with what is locked and with the Python underneath."""
    text = "".join(r.read_text(encoding="utf-8") for r in requirements)
    return hashlib.sha256(f"{text}{_version_of(base)}{platform.machine()}".encode()).hexdigest()
