"""What the add-on sees to by itself: results leave where Blender would delete them, and leftovers go."""

import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import bpy

from ...sv3d_engine.shared.file_lock import held
from .. import storage
from ..results_folder import index_file, read_index, refusal, remember
from .catalogue import Work, catalogue
from .cleaning import remove_old_logs, remove_remains
from .moving import move_jobs
from .relinking import relink


def begin() -> None:
    """As the add-on starts: move earlier versions' results to the user's folder, and tidy up.

    In a thread, once Blender has started.  Without a window no timer runs, and a script may be about to remove the
    add-on with all that is in its folder: there it is done at once.
    """
    if not bpy.app.background:
        bpy.app.timers.register(_begin, first_interval=0.0, persistent=True)
    elif storage.former_results_folder().is_dir():
        try:
            _tidying()()
        except OSError as error:
            print(f"SV3D: earlier results could not be moved: {error}")


@bpy.app.handlers.persistent
def on_load(_path: str) -> None:
    """Another file: it may show results that have moved since it was saved, and has no rows for the list."""
    relink()
    catalogue.fill_rows()


def end() -> None:
    """As the add-on ends."""
    if bpy.app.timers.is_registered(_begin):
        bpy.app.timers.unregister(_begin)


def _begin() -> None:
    catalogue.do(_tidying(), relink)


def _tidying() -> Work:
    """``tidy`` with what it needs of Blender, which no thread may ask."""
    old, new, logs = storage.former_results_folder(), storage.own_results_folder(), storage.engine_log().parent
    return partial(tidy, old, new, logs, storage.deleted_by_blender())


def tidy(old: Path, new: Path, logs: Path, doomed: Iterable[Path]) -> str:
    """Move results out of ``old``, and remove what is of no use; what there is to tell.  Without bpy."""
    now = time.time()
    remove_old_logs(logs, now)
    for folder in {old, new, *read_index().folders}:
        remove_remains(folder, now)
    if refusal(new, doomed) or not old.is_dir():
        return ""
    index_file().parent.mkdir(parents=True, exist_ok=True)
    with held(index_file().with_name("moving.lock")) as ours:
        if not ours:  # another Blender does it
            return ""
        move = move_jobs(old, new, lambda moved: remember([new], moved))
    told = []
    if move.moved:
        told.append(f"Earlier results, {len(move.moved)} of them, have been moved to {new}.")
    if move.stayed:
        first, why = next(iter(move.stayed.items()))
        told.append(
            f"{len(move.stayed)} results could not be moved and would be deleted with the add-on: "
            f"{Path(first).name} ({why}). Blender tries again when it starts."
        )
    return " ".join(told)
