"""Where the add-on keeps what it makes: never in its own folder, which the next update replaces."""

from datetime import datetime
from pathlib import Path

import bpy

EXTENSION_ROOT = Path(__file__).resolve().parent.parent
EXTENSION_PACKAGE = __package__.rpartition(".")[0]  # "bl_ext.user_default.sv3d"


def user_folder() -> Path:
    """The folder Blender gives this extension; without an installed extension, one among the user's data files."""
    try:
        return Path(bpy.utils.extension_path_user(EXTENSION_PACKAGE))
    except ValueError:  # not run as an extension
        return Path(bpy.utils.user_resource("DATAFILES", path="sv3d"))


def engine_log() -> Path:
    """The engine's log; what else it keeps lies beside it."""
    return user_folder() / "engine" / "engine.log"


def new_job_folder(name: str) -> Path:
    """A folder name no earlier job has, not made yet: the engine makes it once the input is known to be good."""
    safe = "".join(c if c.isalnum() or c in "-_" else "_" for c in name).strip("_")[:40] or "orbit"
    stem = user_folder() / "jobs" / f"{safe}-{datetime.now():%Y%m%d-%H%M%S}"
    folder, count = stem, 1
    while folder.exists():
        count += 1
        folder = stem.with_name(f"{stem.name}-{count}")
    return folder
