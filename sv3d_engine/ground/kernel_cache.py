"""Where compiled kernels are kept, and what is done when a power cut or a full disk has damaged them."""

import shutil
import traceback
from pathlib import Path, PurePath

from ..shared.errors import UserError, explain
from ..shared.user_folders import user_folder


def cache_folder() -> Path:
    """The per-user folder for compiled kernels."""
    return user_folder("cache") / "kernels"


def explain_cache(error: Exception) -> UserError | None:
    """Cause and remedy if numba failed at its cache, else None; a damaged cache is emptied, to be filled anew."""
    frames = [PurePath(frame.f_code.co_filename).parts[-3:] for frame, _ in traceback.walk_tb(error.__traceback__)]
    if ("numba", "core", "caching.py") not in frames:
        return None
    if isinstance(error, OSError):
        error.filename = error.filename or str(cache_folder())  # writing to an open file, the system names none
        return explain(error)
    shutil.rmtree(cache_folder(), ignore_errors=True)
    return UserError(
        f"The engine's compiled kernels in {cache_folder()} were damaged, and have been removed.",
        "Resume the job: they are compiled anew, which takes a minute.",
        explain(error).details,
    )
