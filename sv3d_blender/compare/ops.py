"""What compares a result with its orbit."""

from pathlib import Path

import bpy

from .. import compat
from ..result.frames import FIRST_SCENE_FRAME
from ..result.job_folder import frames_behind
from ..result.ops import orbit_camera
from ..result.orbit_path import NO_CAMERAS, read_orbit_path
from . import confidence


class SV3D_OT_show_confidence(bpy.types.Operator):
    bl_idname = "sv3d.show_confidence"
    bl_label = "Show Confidence"
    bl_description = "Colour the result by how well the frames show each place, from violet to yellow, or take it away"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        in_view = isinstance(context.space_data, bpy.types.SpaceView3D) and context.mode == "OBJECT"
        return in_view and confidence.has_confidence(context.active_object)

    def execute(self, context: bpy.types.Context) -> set[str]:
        thing, shading = context.active_object, context.space_data.shading
        (confidence.hide if confidence.is_shown(thing) else confidence.show)(thing, shading)
        return {"FINISHED"}


class SV3D_OT_add_strip(bpy.types.Operator):
    bl_idname = "sv3d.add_strip"
    bl_label = "Orbit as Strip"
    bl_description = (
        "Put the orbit's frames into the Video Sequencer, from the first frame on. "
        "A scene that had no strips is still rendered as before"
    )
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return orbit_camera(context) is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        camera = orbit_camera(context)
        frames = frames_behind(camera) if camera else None
        if frames is None:
            return {"CANCELLED"}
        folder = Path(bpy.path.abspath(frames.filepath, library=frames.library)).parent
        try:
            files = [folder / name for name in read_orbit_path(folder.with_name("cameras.json")).files]
        except (OSError, *NO_CAMERAS):
            files = []
        if not files or not all(file.is_file() for file in files):
            self.report({"WARNING"}, f"The orbit's frames are gone from {folder}. Import the result again.")
            return {"CANCELLED"}
        if not compat.strips(context.scene):
            context.scene.render.use_sequencer = False
        compat.add_image_strip(context.scene, frames.name, files, FIRST_SCENE_FRAME)
        return {"FINISHED"}


CLASSES = (SV3D_OT_show_confidence, SV3D_OT_add_strip)
