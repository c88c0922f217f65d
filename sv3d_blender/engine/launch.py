"""How the engine is started: the command, its environment, and whether the chosen Python can be one."""

import os
from collections.abc import Mapping
from pathlib import Path

from ...sv3d_engine.shared.engine_python import python_in
from ...sv3d_engine.shared.errors import UserError

PYTHON_VARIABLE = "SV3D_ENGINE_PYTHON"

# Blender's own settings for its Python, and a user's, would lead another Python astray.
_FOREIGN = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__")

_CHOOSE = "Open the SV3D preferences and choose the Python of an environment that has the engine's packages."


def choose_python(preferred: str, environment: Mapping[str, str] = os.environ) -> Path:
    """The Python that runs the engine: the preferred path, else what SV3D_ENGINE_PYTHON names.

    A path to a virtual environment's folder is as good as one to its Python.  Raises UserError.
    """
    text = preferred.strip() or environment.get(PYTHON_VARIABLE, "").strip()
    if not text:
        raise UserError("SV3D does not know yet which Python runs its engine.", _CHOOSE)
    path = Path(text).expanduser()
    if path.is_dir():
        path = python_in(path)
    if not path.is_file():
        raise UserError("The Python chosen for the engine does not exist.", _CHOOSE, f"Looked for {path}")
    if not os.access(path, os.X_OK):
        raise UserError("The file chosen as the engine's Python is not a program.", _CHOOSE, f"Not executable: {path}")
    return path.absolute()  # not resolve(): a virtual environment's Python is a link, and must stay one


def engine_command(python: Path, log: Path) -> list[str]:
    """What starts the engine; ``-P`` and ``-s`` keep the current folder and user packages from shadowing its own."""
    return [str(python), "-s", "-P", "-m", "sv3d_engine", "serve", "--log", str(log)]


def clean_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment without what would lead a Python that is not Blender's astray."""
    return {name: value for name, value in environment.items() if name not in _FOREIGN}


def engine_environment(
    extension_root: Path, caches: Path, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The environment the engine starts with: it finds its package in the extension, and writes nothing there."""
    return {
        **clean_environment(environment),
        "PYTHONPATH": str(extension_root),
        "PYTHONPYCACHEPREFIX": str(caches),
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
    }
