"""The buttons for jobs that run, wait or have ended."""

import bpy
from bpy.props import StringProperty

from ...sv3d_engine import __version__
from ...sv3d_engine.shared import protocol
from ..engine.job import Phase
from ..engine.session import session
from ..preferences.property_group import preferences
from ..translations import reported
from .wording import report


class SV3D_OT_cancel(bpy.types.Operator):
    bl_idname = "sv3d.cancel"
    bl_label = "Cancel"
    bl_description = "Stop within two seconds. Finished stages are kept, so that the job can be resumed"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return session.busy and session.job is not None and session.job.phase is not Phase.CANCELLING

    def execute(self, _context: bpy.types.Context) -> set[str]:
        session.cancel()
        return {"FINISHED"}


class SV3D_OT_finish(bpy.types.Operator):
    bl_idname = "sv3d.finish"
    bl_label = "Stop Here"
    bl_description = "Make the mesh from what there is now, without the refinement that is still to come"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return session.can_finish

    def execute(self, _context: bpy.types.Context) -> set[str]:
        session.finish()
        return {"FINISHED"}


class SV3D_OT_remove_waiting(bpy.types.Operator):
    bl_idname = "sv3d.remove_waiting"
    bl_label = "Remove from Queue"
    bl_description = "Take this job, or all that a batch still has to do, out of the queue"

    job: StringProperty(  # type: ignore[valid-type]
        description="Folder of the job to take out; empty: all that wait", options={"SKIP_SAVE", "HIDDEN"}
    )
    batch: StringProperty(  # type: ignore[valid-type]
        description="Name of the batch to take out", options={"SKIP_SAVE", "HIDDEN"}
    )

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return bool(session.queue.waiting)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        entries = session.queue.of_batch(self.batch) if self.batch else session.queue.waiting
        session.remove([e.request.job for e in entries if self.batch or self.job in ("", e.request.job)])
        return {"FINISHED"}


class SV3D_OT_go_on(bpy.types.Operator):
    bl_idname = "sv3d.go_on"
    bl_label = "Go On with Queue"
    bl_description = "Begin the next job that waits"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return session.queue.held

    def execute(self, _context: bpy.types.Context) -> set[str]:
        session.go_on()
        return {"FINISHED"}


class SV3D_OT_dismiss(bpy.types.Operator):
    bl_idname = "sv3d.dismiss"
    bl_label = "Dismiss"
    bl_description = "Put this message away"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        session.dismiss()
        return {"FINISHED"}


class SV3D_OT_copy_report(bpy.types.Operator):
    bl_idname = "sv3d.copy_report"
    bl_label = "Copy Report"
    bl_description = "Copy what went wrong, with the versions in use, to send it to somebody who can help"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return session.shown_failure is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        if failure := session.shown_failure:
            facts = {
                "SV3D": __version__,
                "Blender": bpy.app.version_string,
                "Python": preferences(context).python,
                "Engine log": str(session.engine.log or ""),
                "Job": protocol.encode(session.job.request) if session.job else "none",
            }
            context.window_manager.clipboard = report(failure, facts)
            self.report({"INFO"}, reported("Report copied"))
        return {"FINISHED"}


CLASSES = (
    SV3D_OT_cancel,
    SV3D_OT_finish,
    SV3D_OT_remove_waiting,
    SV3D_OT_go_on,
    SV3D_OT_dismiss,
    SV3D_OT_copy_report,
)
