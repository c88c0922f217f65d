"""The tab's buttons."""

from dataclasses import replace
from math import degrees
from pathlib import Path
from uuid import uuid4

import bpy

from ...sv3d_engine import __version__, protocol
from ...sv3d_engine.errors import UserError
from .. import storage
from ..engine.job import Failure, Phase
from ..engine.session import session
from ..preferences.property_group import preferences
from . import preview
from .source import static_cameras
from .wording import report


def mesh_request(settings: bpy.types.PropertyGroup, device: str) -> protocol.MeshJob:
    """The job that the tab's fields describe.  Raises UserError."""
    orbit = settings.orbit()
    out = storage.new_job_folder(orbit.title)
    elevation = degrees(settings.elevation)
    cameras = Path(bpy.path.abspath(settings.cameras)) if settings.cameras else None
    if cameras is None and settings.source == "SEQUENCE":
        # Other pictures may lie beside the sequence's own: name the ones that are meant.
        cameras = out.with_suffix(".cameras.json")
        cameras.parent.mkdir(parents=True, exist_ok=True)
        cameras.write_text(static_cameras(orbit, elevation), encoding="utf-8")
    return protocol.MeshJob(
        job=uuid4().hex,
        frames=str(orbit.folder),
        out=str(out),
        cameras=str(cameras) if cameras else None,
        elevation=elevation,
        preset=settings.preset,
        device=device,
        seed=settings.seed,
    )


class SV3D_OT_generate(bpy.types.Operator):
    bl_idname = "sv3d.generate"
    bl_label = "Generate"
    bl_description = "Make a textured mesh from the orbit's frames. Blender stays free for other work meanwhile"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if session.busy:
            cls.poll_message_set("A mesh is being made already")
            return False
        if session.waiting_to_deliver:
            cls.poll_message_set("The last mesh waits for Object Mode: leave Edit or Sculpt Mode first")
            return False
        if not context.scene.sv3d.has_source:
            cls.poll_message_set("Choose the orbit's frames first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = preferences(context)
        try:
            session.start(mesh_request(context.scene.sv3d, chosen.device), chosen.python)
            preview.clear()
        except (UserError, OSError) as error:
            session.refuse(failure_of(error))
        return {"FINISHED"}


class SV3D_OT_resume(bpy.types.Operator):
    bl_idname = "sv3d.resume"
    bl_label = "Resume"
    bl_description = "Go on with the stopped job after its last finished stage"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return session.job is not None and session.job.phase in (Phase.CANCELLED, Phase.FAILED)

    def execute(self, context: bpy.types.Context) -> set[str]:
        if session.job:
            request = replace(session.job.request, job=uuid4().hex, resume=True)
            try:
                session.start(request, preferences(context).python)
                preview.clear()
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


def failure_of(error: UserError | OSError) -> Failure:
    """An exception as the error card shows it."""
    if isinstance(error, UserError):
        return Failure(error.cause, error.remedy, error.details)
    return Failure(
        "A folder or file for the job cannot be written.", "Free some space or check the folder's rights.", str(error)
    )


CLASSES = (SV3D_OT_generate, SV3D_OT_resume, SV3D_OT_cancel, SV3D_OT_dismiss, SV3D_OT_copy_report)
