"""The buttons that start and stop a job."""

import bpy

from ...sv3d_engine import __version__
from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.errors import UserError
from ..engine.job import Failure, Phase
from ..engine.session import session
from ..preferences.property_group import preferences
from . import preview
from .player import player
from .request import orbit_problem, order, resumed
from .wording import report


class SV3D_OT_generate(bpy.types.Operator):
    bl_idname = "sv3d.generate"
    bl_label = "Generate"
    bl_description = "Make the mesh or orbit. Blender stays free for other work meanwhile"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if session.busy:
            cls.poll_message_set("SV3D is at work already")
            return False
        if session.waiting_to_deliver:
            cls.poll_message_set("The last result waits for Object Mode: leave Edit or Sculpt Mode first")
            return False
        if lacking := _lacking(context):
            cls.poll_message_set(lacking)
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = preferences(context)
        try:
            session.start(*order(context.scene.sv3d, chosen), chosen.python)
            _clear_previews()
        except (UserError, OSError) as error:
            session.refuse(failure_of(error))
        return {"FINISHED"}


class SV3D_OT_resume(bpy.types.Operator):
    bl_idname = "sv3d.resume"
    bl_label = "Resume"
    bl_description = (
        "Go on with the stopped job after its last finished stage, as it was asked for. "
        "Of what has been changed since, only weights, memory and device count"
    )

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return session.job is not None and session.job.phase in (Phase.CANCELLED, Phase.FAILED)

    def execute(self, context: bpy.types.Context) -> set[str]:
        if session.job:
            chosen = preferences(context)
            try:
                session.start(
                    resumed(session.job.request, context.scene.sv3d, chosen), session.job.title, chosen.python
                )
                _clear_previews()
            except UserError as error:
                session.refuse(failure_of(error))
        return {"FINISHED"}


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
                "Engine log": str(session.log or ""),
                "Job": protocol.encode(session.job.request) if session.job else "none",
            }
            context.window_manager.clipboard = report(failure, facts)
            self.report({"INFO"}, "Report copied")
        return {"FINISHED"}


def _lacking(context: bpy.types.Context) -> str:
    """What has to be chosen before a job can begin; empty if nothing."""
    settings = context.scene.sv3d
    if settings.source != "PICTURE":
        return "" if settings.has_source else "Choose the orbit's frames first"
    if settings.picture is None:
        return "Choose a picture first"
    if preferences(context).model is None:
        return "Choose SV3D's weights in the preferences first"
    if settings.orbit_kind == "file" and not settings.orbit_file:
        return "Choose the orbit's cameras file first"
    return orbit_problem(settings, preferences(context)).rstrip(".")


def _clear_previews() -> None:
    player.stop()
    preview.clear()


def failure_of(error: UserError | OSError) -> Failure:
    """An exception as the error card shows it."""
    if isinstance(error, UserError):
        return Failure(error.cause, error.remedy, error.details)
    return Failure(
        "A folder or file for the job cannot be written.", "Free some space or check the folder's rights.", str(error)
    )


CLASSES = (SV3D_OT_generate, SV3D_OT_resume, SV3D_OT_cancel, SV3D_OT_dismiss, SV3D_OT_copy_report)
