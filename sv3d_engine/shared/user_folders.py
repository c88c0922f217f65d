"""The user's own folders, by each system's convention.  Standard library only."""

import os
import re
import sys
from contextlib import suppress
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


def documents_folder() -> Path:
    """Where the user keeps what they make: the system's folder for documents, else the home folder.  It exists."""
    home = Path.home()
    chosen = _windows_documents() or _xdg_documents(home)
    return next((p for p in (chosen, home / "Documents") if p is not None and p.is_dir()), home)


def _windows_documents() -> Path | None:
    """Also where it has been moved to another drive, or a cloud's folder stands for it."""
    if sys.platform != "win32":
        return None
    import ctypes

    personal, longest = 5, 260  # CSIDL_PERSONAL, MAX_PATH
    text = ctypes.create_unicode_buffer(longest)
    failed = ctypes.WinDLL("shell32").SHGetFolderPathW(None, personal, None, 0, text)
    return None if failed else Path(text.value)


def _xdg_documents(home: Path) -> Path | None:
    """As ``xdg-user-dirs`` has it; its name depends on the language.  macOS always says Documents."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    with suppress(OSError, UnicodeDecodeError):
        text = config.joinpath("user-dirs.dirs").read_text(encoding="utf-8")
        if match := re.search(r'^\s*XDG_DOCUMENTS_DIR="(\$HOME)?/*(.+?)/*"', text, re.MULTILINE):
            return home / match[2] if match[1] else Path("/" + match[2])
    return None
