"""The user's own folders, by each system's convention.  Standard library only."""

import os
import sys
from pathlib import Path
from typing import Literal

Kind = Literal["data", "cache", "log"]

HOME_VARIABLE = "SV3D_HOME"

_MAC = {"data": "Application Support", "cache": "Caches", "log": "Logs"}  # in ~/Library
_XDG = {  # environment variable and, in the home folder, what it stands for where it is not set
    "data": ("XDG_DATA_HOME", ".local/share"),
    "cache": ("XDG_CACHE_HOME", ".cache"),
    "log": ("XDG_STATE_HOME", ".local/state"),
}


def user_folder(kind: Kind) -> Path:
    """SV3D's folder for files of a kind; it need not exist."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / _MAC[kind]
    else:
        variable, usual = _XDG[kind]
        base = Path(os.environ.get(variable) or home / usual)
    return base / "sv3d"


def home_folder() -> Path:
    """The folder for what is big and stays, models and the engine's environment; it need not exist.

    The environment variable SV3D_HOME names another one than the user's folder for data.
    """
    chosen = os.environ.get(HOME_VARIABLE, "").strip()
    return Path(chosen).expanduser().absolute() if chosen else user_folder("data")
