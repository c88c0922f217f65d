"""Processes that this one starts, and the one that started it."""

import os
import sys
import threading
import time
from collections.abc import Callable


def interpreter_flags() -> list[str]:
    """This Python's own isolation as options of the command line."""
    flags = {"-s": sys.flags.no_user_site, "-P": sys.flags.safe_path, "-E": sys.flags.ignore_environment}
    return [flag for flag, on in flags.items() if on]


_INTERVAL = 0.5  # seconds


def watch_parent(gone: Callable[[], None]) -> None:
    """Call ``gone`` when the parent process has ended, even if another process still holds our stdin open.

    On Windows a process keeps its parent's id for ever, so there the end of stdin alone tells.
    """
    if os.name == "nt":
        return
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_INTERVAL)
        gone()

    threading.Thread(target=watch, name="parent watch", daemon=True).start()
