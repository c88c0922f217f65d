"""From a job that is done to its result in the scene it was started from, at a moment that disturbs nobody.

What can be done beside Blender is done in a thread; the rest comes in steps, one for each call.
"""

import threading
from pathlib import Path
from typing import Any

import bpy

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.errors import UserError
from ..engine.job import Failure, Job
from ..engine.session import session
from . import destination, live_mesh
from .frames import drop_live
from .importer import Parts, Steps, free_matrix, place_result, read_result


class _Delivery:
    """The one result that is on its way."""

    def __init__(self, job: Job) -> None:
        self.job = job.request.job
        self.steps: Steps | None = None
        self._out, self._title, self._orbit_only = folder_of(job), job.title, is_orbit(job)
        told = destination.of(self._out)
        self._quads = told is not None and told.quads
        self._read: Parts | UserError | None = None
        self._thread = threading.Thread(target=self._run, name="sv3d-result", daemon=True)
        self._thread.start()

    def read(self, *, wait: bool) -> Parts | None:
        """What has been read; None while that lasts.  Raises UserError."""
        if wait:
            self._thread.join()
        if isinstance(self._read, UserError):
            raise self._read
        return self._read

    def _run(self) -> None:
        try:
            self._read = read_result(self._out, self._title, orbit_only=self._orbit_only, quads=self._quads)
        except UserError as error:
            self._read = error
        except Exception as error:  # a thread's own end would leave the result waiting for ever
            self._read = UserError("The result could not be read.", "Press Import Again.", repr(error))


_current: _Delivery | None = None


def folder_of(job: Job) -> Path:
    """Where a job keeps all that it makes."""
    return Path(job.request.out)


def is_orbit(job: Job) -> bool:
    """Whether it is an orbit alone that a job makes."""
    return type(job.request) is protocol.OrbitJob


def deliver(job: Job) -> bool:
    """Do one step of bringing a job's result into its scene; True once it is there.

    False also while it cannot be: another file is open, or the artist's hands are in the scene.
    """
    window = next(iter(bpy.context.window_manager.windows), None)
    if window is None:  # Blender without a window has no timer loop either, but may be asked directly
        return _step(job, wait=True)
    with bpy.context.temp_override(window=window):
        session.delivering = not occupied(window)
        return session.delivering and _step(job, wait=False)


def occupied(window: bpy.types.Window) -> bool:
    """Whether the scene is in use: being edited, rendered, or moved with the mouse.

    Leaving Edit or Sculpt Mode under the artist's hands would be worse than a result that waits.
    """
    dragging = any(operator.bl_idname.startswith("TRANSFORM_OT_") for operator in window.modal_operators)
    return dragging or bpy.context.mode != "OBJECT" or bpy.app.is_job_running("RENDER")


def is_occupied() -> bool:
    """Whether the artist's hands are in a scene, so that results wait."""
    window = next(iter(bpy.context.window_manager.windows), None)
    return window is not None and occupied(window)


def import_options(job: Job) -> dict[str, Any]:
    """How the import operator is told of a job's result."""
    return {"folder": job.request.out, "title": job.title, "orbit_only": is_orbit(job)}


def _step(job: Job, *, wait: bool) -> bool:
    global _current  # noqa: PLW0603  (one at a time, over many calls)
    told = destination.of(folder_of(job))
    place = destination.find(told)
    if place is None:
        session.delivering = False
        return False
    if _current and _current.job != job.request.job and _current.job in {j.request.job for j in session.undelivered}:
        return False  # one after the other
    try:
        if _current is None or _current.job != job.request.job:
            _current = _Delivery(job)
        parts = _current.read(wait=wait)
        if parts is None:
            return False
        if _current.steps is None:
            _current.steps = place_result(parts, place, playback=told is not None and told.playback)
        next(_current.steps)
    except StopIteration:
        _push_undo(job.title)
    except UserError as error:
        session.refuse(Failure(error.cause, error.remedy, error.details))
    except Exception as error:  # whatever Blender finds in its way: the timer must live on
        session.refuse(Failure("The result could not be brought into the scene.", "Press Import Again.", str(error)))
    else:
        return False
    _current, session.delivering = None, False
    return True


_coarse: live_mesh.CoarseReader | None = None


def follow(job: Job) -> None:
    """Let the coarse mesh of a job that runs stand in its scene; called for each of the job's changes."""
    global _coarse  # noqa: PLW0603  (of the one job that runs)
    if not job.active:
        _coarse = None
        if not job.result:
            live_mesh.take_live_mesh()
        return
    if job.coarse is None:
        return
    if _coarse is None or _coarse.file != job.coarse:
        _coarse = live_mesh.CoarseReader(job.coarse)
    if _coarse.done and _coarse.asset and not is_occupied():
        if place := destination.find(destination.of(folder_of(job))):
            at = free_matrix(place.scene, _coarse.asset.box)
            live_mesh.show_live_mesh(_coarse.asset, place, job.request.out, job.title, at)
        _coarse.asset = None  # once is enough: what the artist deletes stays deleted


def _push_undo(title: str) -> None:
    if bpy.ops.ed.undo_push.poll():
        bpy.ops.ed.undo_push(message=f"SV3D {title}")


@bpy.app.handlers.persistent
def before_change(*_given: object) -> None:
    """Undo or another file is about to take away what has been made in steps: it is made anew, from what was read."""
    if _current:
        _current.steps = None


@bpy.app.handlers.persistent
def after_change(*_given: object) -> None:
    """What stood in for a result that was being made may have come back."""
    if not session.busy:
        live_mesh.take_live_mesh()
        drop_live()
