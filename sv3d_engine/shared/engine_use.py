"""Engines that run from the environment in SV3D's folder, and its change, keep each other out.  Standard library only.

Each such engine holds a file of its own there, whoever changes the environment another; one that was killed holds
nothing.  Each first takes its own and then looks for the other's, so that of two at the same moment one sees the other.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from .engine_python import made_environment
from .errors import UserError
from .file_lock import held, is_held
from .user_folders import home_folder

_CHANGES = "engine-changes.lock"
_TRIES, _PAUSE = 20, 0.05  # seconds; whoever only looks at a file has it for a moment


@contextmanager
def engine_used() -> Iterator[None]:
    """Tell, while the context is open, that this process uses the environment, if it runs from that.

    Raises UserError where that is being changed.
    """
    home = home_folder()
    with ExitStack() as stack:
        with suppress(OSError):  # a folder that cannot be written cannot be set up either
            if Path(sys.prefix).samefile(made_environment(home)):
                _hold(home / f"engine-in-use-{os.getpid()}.lock", stack)
                refuse_changing(home)
        yield


def is_engine_used(home: Path) -> bool:
    """Whether an engine runs from the environment in this folder; files of killed ones are tidied away."""
    used = False
    for file in home.glob("engine-in-use-*.lock"):
        if is_held(file):
            used = True
        else:
            with suppress(OSError):
                file.unlink()
    return used


@contextmanager
def engine_changing(home: Path) -> Iterator[bool]:
    """Let no engine start from the environment in this folder while the context is open; False where another does so.

    Raises OSError where the folder cannot be written.
    """
    with ExitStack() as stack:
        yield _hold(home / _CHANGES, stack)


def is_engine_changing(home: Path) -> bool:
    """Whether somebody, perhaps this process, keeps engines out."""
    return is_held(home / _CHANGES)


def refuse_changing(home: Path) -> None:
    """Raises UserError while the environment in this folder is being changed."""
    if is_engine_changing(home):
        raise UserError(
            "The engine is being set up or repaired, here or in another Blender.",
            "Wait until that is done, then try again.",
        )


def _hold(file: Path, stack: ExitStack) -> bool:
    """Enter the lock on a file, which somebody may be looking at just now."""
    for _ in range(_TRIES):
        if stack.enter_context(held(file)):
            return True
        time.sleep(_PAUSE)
    return False
