"""What the add-on sees to by itself: results leave where Blender would delete them, and leftovers go."""

import time
from collections.abc import Iterable
from pathlib import Path

import bpy

from .. import storage
from ..results_folder import read_index, refusal, remember
from .catalogue import catalogue
from .cleaning import remove_old_logs, remove_remains
from .moving import move_jobs
from .relinking import relink


def begin() -> None:
    """As the add-on starts: move earlier versions' results to the user's folder, and tidy up, in a thread."""
    # Blender lets go of its data only after this: what needs it is asked for at the first turn of the timer.
    bpy.app.timers.register(_begin, first_interval=0.0, persistent=True)


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
    old, new, logs = storage.former_results_folder(), storage.own_results_folder(), storage.engine_log().parent
    doomed = storage.deleted_by_blender()
    catalogue.do(lambda: tidy(old, new, logs, doomed), relink)


def tidy(old: Path, new: Path, logs: Path, doomed: Iterable[Path]) -> str:
    """In a thread: what there is to tell."""
    now = time.time()
    remove_old_logs(logs, now)
    for folder in {old, new, *read_index().folders}:
        remove_remains(folder, now)
    if refusal(new, doomed):
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
