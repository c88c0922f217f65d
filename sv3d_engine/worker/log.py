"""Where the worker's log goes when nobody says where."""

from pathlib import Path

from ..user_folders import user_folder

_LONGEST = 5 << 20  # bytes


def default_log() -> Path:
    """``engine.log`` in the place this system has for such files."""
    return user_folder("log") / "engine.log"


def trim(log: Path) -> None:
    """Put a log that has grown long aside, so that there are never more than two of that length."""
    if log.exists() and log.stat().st_size > _LONGEST:
        log.replace(log.with_name(log.name + ".old"))
