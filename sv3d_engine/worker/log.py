"""Where the worker's log goes when nobody says where."""

import os
import sys
from pathlib import Path

_LONGEST = 5 << 20  # bytes


def default_log() -> Path:
    """``engine.log`` in the place this system has for such files."""
    home = Path.home()
    if sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
    elif sys.platform == "darwin":
        folder = home / "Library" / "Logs"
    else:
        folder = Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state")
    return folder / "sv3d" / "engine.log"


def trim(log: Path) -> None:
    """Put a log that has grown long aside, so that there are never more than two of that length."""
    if log.exists() and log.stat().st_size > _LONGEST:
        log.replace(log.with_name(log.name + ".old"))
