"""How the engine is started: the command, its environment, and whether the chosen Python can be one."""

import os
from collections.abc import Mapping
from pathlib import Path

from ...sv3d_engine.shared.engine_python import made_environment, python_in
from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.user_folders import home_folder

PYTHON_VARIABLE = "SV3D_ENGINE_PYTHON"

# Blender's own settings for its Python, and a user's, would lead another Python astray.
_FOREIGN = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__")

_CHOOSE = (
    "Open the SV3D preferences and choose another under Use My Own Python, or empty that field and press Set Up Engine."
)


def choose_python(preferred: str, environment: Mapping[str, str] = os.environ) -> Path:
    """The Python that runs the engine: the preferred path, what SV3D_ENGINE_PYTHON names, or the set-up's own.

    A path to a virtual environment's folder is as good as one to its Python.  Raises UserError.
    """
    text = preferred.strip() or environment.get(PYTHON_VARIABLE, "").strip()
    if not text:
        made = python_in(made_environment(home_folder()))
        if not made.is_file():
            raise UserError("SV3D's engine is not set up yet.", "Press Set Up Engine.", f"Looked for {made}")
        return made
    path = Path(text).expanduser()
    if path.is_dir():
        path = python_in(path)
    if not path.is_file():
        raise UserError("The Python chosen for the engine does not exist.", _CHOOSE, f"Looked for {path}")
    if not os.access(path, os.X_OK):
        raise UserError("The file chosen as the engine's Python is not a program.", _CHOOSE, f"Not executable: {path}")
    return path.absolute()  # not resolve(): a virtual environment's Python is a link, and must stay one


def engine_command(python: Path, log: Path) -> list[str]:
    """What starts the engine."""
    return [*engine_module(python), "serve", "--log", str(log)]


def engine_module(python: Path) -> list[str]:
    """How the engine's commands begin; ``-P`` and ``-s`` keep the folder and user packages from shadowing its own."""
    return [str(python), "-s", "-P", "-m", "sv3d_engine"]


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
