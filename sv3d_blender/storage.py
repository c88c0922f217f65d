"""Where the add-on keeps what it makes: results where Blender deletes nothing, the rest in a folder that Blender gives.

Nothing lies in its own folder, which the next update replaces.
"""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import bpy

from ..sv3d_engine.shared.user_folders import HOME_VARIABLE
from ..sv3d_engine.shared.user_folders import user_folder as usual_folder
from . import results_folder
from .setup.folder import folder_problem

EXTENSION_ROOT = Path(__file__).resolve().parent.parent
EXTENSION_PACKAGE = __package__.rpartition(".")[0]  # "bl_ext.user_default.sv3d"


def user_folder() -> Path:
    """The folder Blender gives this extension, and deletes with it; without an installed extension, a similar one."""
    try:
        return Path(bpy.utils.extension_path_user(EXTENSION_PACKAGE))
    except ValueError:  # not run as an extension
        return Path(bpy.utils.user_resource("DATAFILES", path="sv3d"))


_RUN = f"{os.getpid()}-{uuid4().hex[:6]}"  # two Blenders in sandboxes may have one number
LOCKS = EXTENSION_ROOT / "requirements"
_GIVEN_HOME = os.environ.get(HOME_VARIABLE, "")


def deleted_by_blender() -> tuple[Path, ...]:
    """What Blender deletes: with an extension, with a repository of extensions, or as it ends."""
    named = [bpy.utils.user_resource("EXTENSIONS"), bpy.app.tempdir]
    named += [repository.directory for repository in bpy.context.preferences.extensions.repos]
    return EXTENSION_ROOT, user_folder(), *(Path(folder) for folder in named if folder)


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
    """The log of this Blender's engine; what else it keeps lies beside it."""
    return user_folder() / "engine" / f"engine-{_RUN}.log"


def former_results_folder() -> Path:
    """Where earlier versions kept all results."""
    return user_folder() / "jobs"


def own_results_folder() -> Path:
    """The user's folder for results, as the preferences have it.  Touches no disk."""
    addon = bpy.context.preferences.addons.get(EXTENSION_PACKAGE)
    chosen = addon.preferences.results.folder if addon and addon.preferences else ""
    return Path(chosen) if chosen else results_folder.default_folder()


def folder_beside_file() -> Path | None:
    """The folder for results beside the open file, where its scenes ask for it and it has been saved."""
    wanted = any(scene.sv3d_results.beside_file for scene in bpy.data.scenes)
    return Path(bpy.data.filepath).parent / results_folder.BESIDE if wanted and bpy.data.filepath else None


def current_results_folder() -> Path:
    """Where the next result goes; never where Blender deletes it."""
    beside, doomed = folder_beside_file(), deleted_by_blender()
    if beside and not results_folder.refusal(beside, doomed):
        return beside
    own = own_results_folder()
    return results_folder.default_folder() if results_folder.refusal(own, doomed) else own


def new_job_folder(name: str) -> Path:
    """A new folder for the results of one job.  Raises OSError where none can be made."""
    parent = current_results_folder()
    if parent not in results_folder.read_index().folders:
        with suppress(OSError):  # another folder that is chosen later hides this one's jobs then
            results_folder.remember([parent])
    return results_folder.new_job_folder(parent, name, datetime.now())
