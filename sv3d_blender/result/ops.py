"""Bring a result into the scene, and compare it with its orbit."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ...sv3d_engine.shared.errors import UserError
from ..engine.job import Failure
from ..engine.session import session
from ..translations import said
from . import destination
from .camera import look_through
from .frames import has_editor, live_orbit, show_in_editors
from .importer import import_orbit, import_result
from .job_folder import frames_behind


def orbit_camera(context: bpy.types.Context) -> bpy.types.Object | None:
    """The orbit camera that belongs to the active object, or is it."""
    active = context.active_object
    if active is None:
        return None
    for candidate in (active, *active.children):
        if candidate.type == "CAMERA" and frames_behind(candidate):
            return candidate
    return None


class SV3D_OT_import_result(bpy.types.Operator):
    bl_idname = "sv3d.import_result"
    bl_label = "Import SV3D Result"
    bl_description = "Put what a job has made, its orbit frames and orbit camera into the scene, at the 3D cursor"
    bl_options = {"UNDO"}

    folder: StringProperty(  # type: ignore[valid-type]
        name="Job Folder",
        description="Folder of the job whose result comes into the scene",
        subtype="DIR_PATH",
        options={"SKIP_SAVE"},
    )
    directory: StringProperty(  # type: ignore[valid-type]
        description="The job's folder, as the file browser gives it",
        subtype="DIR_PATH",
        options={"SKIP_SAVE", "HIDDEN"},
    )
    title: StringProperty(  # type: ignore[valid-type]
        name="Name", description="What the result is called; empty: as the job was", options={"SKIP_SAVE"}
    )
    orbit_only: BoolProperty(  # type: ignore[valid-type]
        name="Orbit Only", description="Bring the orbit alone, also where there is a mesh", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.mode != "OBJECT":
            cls.poll_message_set(said("Works in Object Mode"))
            return False
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        if self.folder:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        folder, settings = Path(bpy.path.abspath(self.folder or self.directory)), context.scene.sv3d
        title = self.title
        if not title and (told := destination.of(folder)):
            title = told.title
        try:
            if self.orbit_only or not (folder / "mesh.glb").exists():
                import_orbit(context, folder, title, playback=settings.playback)
            else:
                import_result(context, folder, title, quads=settings.quads, playback=settings.playback)
        except UserError as error:
            session.refuse(Failure(error.cause, error.remedy, error.details))
            return {"CANCELLED"}
        session.forget_delivery(str(folder))
        return {"FINISHED"}


class SV3D_OT_look_through(bpy.types.Operator):
    bl_idname = "sv3d.look_through"
    bl_label = "Look Through Orbit Camera"
    bl_description = "See the scene as the orbit's camera does, with its frames; scrub the timeline to go round"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return isinstance(context.space_data, bpy.types.SpaceView3D) and orbit_camera(context) is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        if camera := orbit_camera(context):
            look_through(camera, context.space_data, context.scene)
        return {"FINISHED"}


class SV3D_OT_show_frames(bpy.types.Operator):
    bl_idname = "sv3d.show_frames"
    bl_label = "Show Orbit Frames"
    bl_description = "Show the orbit's image sequence in the Image Editor"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not has_editor():
            cls.poll_message_set(said("Open an Image Editor first"))
            return False
        return orbit_camera(context) is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        camera = orbit_camera(context)
        if camera and (frames := frames_behind(camera)):
            show_in_editors(frames, replace=True)
        return {"FINISHED"}


class SV3D_OT_show_preview(bpy.types.Operator):
    bl_idname = "sv3d.show_preview"
    bl_label = "Show Orbit"
    bl_description = "Show the orbit that is being made in the Image Editor; play the timeline to turn it"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if not has_editor():
            cls.poll_message_set(said("Open an Image Editor first"))
            return False
        return live_orbit() is not None

    def execute(self, _context: bpy.types.Context) -> set[str]:
        if frames := live_orbit():
            show_in_editors(frames, replace=True)
        return {"FINISHED"}


CLASSES = (SV3D_OT_import_result, SV3D_OT_look_through, SV3D_OT_show_frames, SV3D_OT_show_preview)
