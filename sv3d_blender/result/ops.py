"""Bring a result into the scene, and compare it with its orbit."""

from pathlib import Path

import bpy
from bpy.props import StringProperty

from ...sv3d_engine.errors import UserError
from ..engine.job import Failure
from ..engine.session import session
from .camera import look_through
from .frames import show_in_editors
from .importer import import_result


def orbit_camera(context: bpy.types.Context) -> bpy.types.Object | None:
    """The orbit camera that belongs to the active object, or is it."""
    active = context.active_object
    if active is None:
        return None
    for candidate in (active, *active.children):
        if candidate.type == "CAMERA" and orbit_frames(candidate):
            return candidate
    return None


def orbit_frames(camera: bpy.types.Object) -> bpy.types.Image | None:
    """The orbit's image sequence behind an orbit camera."""
    images = (background.image for background in camera.data.background_images)
    return next((image for image in images if image and "sv3d_frames" in image), None)


class SV3D_OT_import_result(bpy.types.Operator):
    bl_idname = "sv3d.import_result"
    bl_label = "Import SV3D Result"
    bl_description = "Put the finished mesh, its orbit frames and orbit camera into the scene, at the 3D cursor"
    bl_options = {"UNDO", "INTERNAL"}

    folder: StringProperty(name="Job Folder", subtype="DIR_PATH", options={"SKIP_SAVE"})  # type: ignore[valid-type]
    title: StringProperty(name="Name", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.mode != "OBJECT":
            cls.poll_message_set("Works in Object Mode")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            import_result(context, Path(self.folder), self.title)
        except UserError as error:
            session.refuse(Failure(error.cause, error.remedy, error.details))
            return {"CANCELLED"}
        return {"FINISHED"}


class SV3D_OT_look_through(bpy.types.Operator):
    bl_idname = "sv3d.look_through"
    bl_label = "Look Through Orbit Camera"
    bl_description = "Lay each orbit frame over the mesh; scrub the timeline to compare them"

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
        return orbit_camera(context) is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        camera = orbit_camera(context)
        frames = orbit_frames(camera) if camera else None
        if frames and not show_in_editors(frames, replace=True):
            self.report({"INFO"}, "Open an Image Editor to see the frames")
        return {"FINISHED"}


CLASSES = (SV3D_OT_import_result, SV3D_OT_look_through, SV3D_OT_show_frames)
