"""Whether an engine runs from the environment in SV3D's folder, which must not be changed then.  Standard library only.

Each such engine holds a file of its own there; one that was killed holds nothing.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from .engine_python import made_environment
from .file_lock import held, is_held
from .user_folders import home_folder


@contextmanager
def engine_used() -> Iterator[None]:
    """Tell, while the context is open, that this process uses the environment, if it runs from that."""
    home = home_folder()
    with ExitStack() as stack:
        with suppress(OSError):  # a folder that cannot be written cannot be set up either
            if Path(sys.prefix).samefile(made_environment(home)):
                stack.enter_context(held(home / f"engine-in-use-{os.getpid()}.lock"))
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
