"""From a job that is done to its result in the scene, at a moment that does not disturb the artist."""

from typing import Any

import bpy

from ...sv3d_engine.shared import protocol
from ..engine.job import Failure, Job
from ..engine.session import session


def deliver(job: Job) -> bool:
    """Import the job's result as one undo step; False = not now, ask again."""
    window = next(iter(bpy.context.window_manager.windows), None)
    if window is None:  # Blender without a window has no timer loop either, but may be asked directly
        return _import(job)
    with bpy.context.temp_override(window=window):
        return not _occupied(window) and _import(job)


def _occupied(window: bpy.types.Window) -> bool:
    """Whether the scene is in use: being edited, rendered, or moved with the mouse.

    Leaving Edit or Sculpt Mode under the artist's hands would be worse than a result that waits.
    """
    dragging = any(operator.bl_idname.startswith("TRANSFORM_OT_") for operator in window.modal_operators)
    return dragging or bpy.context.mode != "OBJECT" or bpy.app.is_job_running("RENDER")


def _import(job: Job) -> bool:
    if job.result:
        try:
            # True pushes the undo step that an operator called from Python goes without.
            bpy.ops.sv3d.import_result("EXEC_DEFAULT", True, **import_options(job.result, job.title))
        except RuntimeError as error:  # whatever the operator stumbled over; the timer must live on
            session.refuse(
                Failure("The result could not be brought into the scene.", "Press Import Again.", str(error))
            )
    return True


def import_options(result: protocol.Result | protocol.OrbitResult, title: str) -> dict[str, Any]:
    """How the import operator is told of a result."""
    return {"folder": result.out, "title": title, "orbit_only": isinstance(result, protocol.OrbitResult)}


@bpy.app.handlers.persistent
def on_load(_path: str) -> None:
    """A result made for the file that was closed is not dropped into the one that was opened."""
    session.forget_delivery()
