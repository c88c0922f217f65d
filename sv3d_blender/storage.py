"""Where the add-on keeps what it makes: never in its own folder, which the next update replaces."""

import os
from datetime import datetime
from pathlib import Path

import bpy

from ..sv3d_engine.shared.user_folders import HOME_VARIABLE
from ..sv3d_engine.shared.user_folders import user_folder as usual_folder
from .setup.folder import folder_problem

EXTENSION_ROOT = Path(__file__).resolve().parent.parent
EXTENSION_PACKAGE = __package__.rpartition(".")[0]  # "bl_ext.user_default.sv3d"


def user_folder() -> Path:
    """The folder Blender gives this extension; without an installed extension, one among the user's data files."""
    try:
        return Path(bpy.utils.extension_path_user(EXTENSION_PACKAGE))
    except ValueError:  # not run as an extension
        return Path(bpy.utils.user_resource("DATAFILES", path="sv3d"))


LOCKS = EXTENSION_ROOT / "requirements"
_GIVEN_HOME = os.environ.get(HOME_VARIABLE, "")


def deleted_by_blender() -> tuple[Path, ...]:
    """The folders that Blender deletes with the extension."""
    return EXTENSION_ROOT, user_folder()


def usual_home() -> Path:
    """Where the engine and the models lie unless the preferences name another folder."""
    return Path(_GIVEN_HOME) if _GIVEN_HOME else usual_folder("data")


def use_home(chosen: str) -> str:
    """Let the engine and the models lie in this folder, or, where it is empty, in the usual one.

    Returns why it may not be, and changes nothing then.  The variable is what the engine and its commands go by.
    """
    home = Path(bpy.path.abspath(chosen)).expanduser() if chosen.strip() else usual_home()
    if problem := folder_problem(home, deleted_by_blender()):
        return problem
    os.environ[HOME_VARIABLE] = str(home)
    return ""


def forget_home() -> None:
    """Leave the variable as it was before the add-on."""
    os.environ.pop(HOME_VARIABLE, None)
    if _GIVEN_HOME:
        os.environ[HOME_VARIABLE] = _GIVEN_HOME


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
