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

from sv3d_engine.shared import nvidia, torch_build
from sv3d_engine.shared.engine_python import ENGINE_PYTHONS, THIS_VERSION, python_in
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.torch_build import TorchBuild

from .console import ROOT, BuildError, run, say

REQUIREMENTS = ROOT / "requirements"
# Under this Python even when it is .venv's own, which goes when .venv is made anew.
THIS_PYTHON = Path(getattr(sys, "_base_executable", None) or sys.executable)


def torch_for(choice: str) -> TorchBuild:
    """The build for one of torch_build.CHOICES.  Raises BuildError."""
    try:
        return torch_build.torch_build(choice)
    except UserError as error:
        raise BuildError(f"{error.cause}  Leave out --torch {choice}.") from error


def _with_cuda(requirements: Sequence[Path], torch: TorchBuild) -> list[Path]:
    """The locks that an environment with this build of PyTorch is made from."""
    return [*requirements, *([REQUIREMENTS / "cuda.txt"] if torch.is_cuda else [])]


def engine_python(choice: str = "auto") -> Path:
    """The engine's environment with the laboratory and what tests need, ``.venv``; returns its Python.

    ``choice`` of PyTorch is one of torch_build.CHOICES; "auto" keeps the build that is there.
    """
    here = _version_of(THIS_PYTHON)
    base = THIS_PYTHON if here in ENGINE_PYTHONS else find_python(ENGINE_PYTHONS)
    if base is None:
        raise BuildError(
            f"The engine needs Python {' or '.join(ENGINE_PYTHONS)}; this is {here}.  Install one of them."
        )
    names = ("runtime.txt", "laboratory.txt", "dev.txt", "ray.txt")
    folder, files = ROOT / ".venv", [REQUIREMENTS / name for name in names]
    if choice == "auto":  # a driver that does not answer for once must not cost gigabytes
        for build in (TorchBuild(), torch_build.processor_build(), *map(torch_build.cuda_build, nvidia.BUILDS)):
            if _is_made(folder, _fingerprint(base, files, build)):
                return python_in(folder)
    return make(folder, base, files, torch_for(choice))


def make(
    folder: Path, base: Path, requirements: Sequence[Path], torch: TorchBuild | None = None, probe: str = ""
) -> Path:
    """An environment with exactly these requirements; returns its Python.  Costs nothing if it is there already.

    ``probe`` is Python that has to run in it before it counts as made.
    """
    torch = torch or TorchBuild()
    files = _with_cuda(requirements, torch)
    python = python_in(folder)
    wanted = _fingerprint(base, requirements, torch)
    if _is_made(folder, wanted):
        return python
    names = " and ".join(str(r.relative_to(ROOT)) for r in files)
    if folder.exists():
        say(f"{folder.name} is out of date or incomplete: making it anew")
        shutil.rmtree(folder)
    kind = f", PyTorch's build {torch.name}" if torch.name else ""
    say(f"Making {folder.name} with Python {_version_of(base)} from {names}{kind}; the first time takes some minutes")
    try:
        run([base, "-m", "venv", folder], quiet=True)
    except BuildError as error:
        remedy = "On Debian and Ubuntu: apt install python3-venv" if os.name == "posix" else "Repair that Python."
        raise BuildError(f"{error}\nThis Python cannot make environments.  {remedy}") from error
    # Only wheels: a source package would need compilers that an artist's machine has not.
    pip = ["-m", "pip", "install", "--disable-pip-version-check", "--only-binary=:all:", *torch.pip_options]
    run([python, *pip, *(word for file in files for word in ("-r", str(file)))], quiet=True)
    if probe:
        run([python, "-c", probe], quiet=True)
    _stamp(folder).write_text(wanted, encoding="utf-8")
    return python


def _is_made(folder: Path, fingerprint: str) -> bool:
    stamp = _stamp(folder)
    return python_in(folder).exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == fingerprint


def _stamp(folder: Path) -> Path:
    return folder / "requirements.sha256"


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
        return THIS_VERSION
    answer = _ask([str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    return answer if re.fullmatch(r"\d+\.\d+", answer) else ""


def _ask(command: list[str]) -> str:
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _fingerprint(base: Path, requirements: Sequence[Path], torch: TorchBuild) -> str:
    """Changes with what is locked, with the build of PyTorch, and with the Python underneath."""
    text = "".join(r.read_text(encoding="utf-8") for r in _with_cuda(requirements, torch))
    return hashlib.sha256(f"{text}{torch.name}{_version_of(base)}{platform.machine()}".encode()).hexdigest()
