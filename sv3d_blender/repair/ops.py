"""What can be done with the frame that an Image Editor shows, and the button that makes the mesh again."""

from collections.abc import Callable
from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ...sv3d_engine.shared.errors import UserError
from ..engine.session import session
from ..generate.starting import failure_of, start
from ..preferences.property_group import preferences
from ..result.frame_changes import frames_of, orbit_of
from ..result.frames import follow_scene, is_finished_orbit, shown_frame
from .again import drop, order_again
from .frame_image import paintable, replace


def shown(context: bpy.types.Context) -> tuple[bpy.types.Image, int] | None:
    """The orbit that the Image Editor shows a frame of, and which: by the scene's frame, or the one that is edited."""
    space = context.space_data
    image = space.image if isinstance(space, bpy.types.SpaceImageEditor) else None
    if image is None:
        return None
    return (image, shown_frame(image, context.scene)) if is_finished_orbit(image) else orbit_of(image)


def _show(space: bpy.types.SpaceImageEditor, orbit: bpy.types.Image) -> None:
    space.mode, space.image = "VIEW", orbit
    follow_scene(space.image_user, orbit)


class _OnFrame:
    """Disabled where the editor shows no frame of a finished orbit."""

    bl_options = {"UNDO"}
    report: Callable[[set[str], str], None]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return shown(context) is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        if found := shown(context):
            try:
                self.change(context, *found)
            except UserError as error:
                self.report({"WARNING"}, f"{error.cause} {error.remedy}")
                return {"CANCELLED"}
            context.area.tag_redraw()
        return {"FINISHED"}

    def change(self, context: bpy.types.Context, orbit: bpy.types.Image, index: int) -> None:
        raise NotImplementedError


class SV3D_OT_edit_frame(_OnFrame, bpy.types.Operator):
    bl_idname = "sv3d.edit_frame"
    bl_label = "Edit This Frame"
    bl_description = "Paint on this frame, as an image of its own. The orbit's file is never changed"

    def change(self, context: bpy.types.Context, orbit: bpy.types.Image, index: int) -> None:
        context.space_data.image = paintable(orbit, index)
        context.space_data.mode = "PAINT"


class SV3D_OT_back_to_orbit(_OnFrame, bpy.types.Operator):
    bl_idname = "sv3d.back_to_orbit"
    bl_label = "Back to Orbit"
    bl_description = "Show the orbit's own frames again. What was painted is kept"

    def change(self, context: bpy.types.Context, orbit: bpy.types.Image, _index: int) -> None:
        _show(context.space_data, orbit)


class SV3D_OT_replace_frame(_OnFrame, bpy.types.Operator):
    bl_idname = "sv3d.replace_frame"
    bl_label = "Replace from File"
    bl_description = "Let another picture be this frame: square, with the object in the same place and size"

    filepath: StringProperty(  # type: ignore[valid-type]
        name="File", description="The picture to take", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )
    filter_image: BoolProperty(  # type: ignore[valid-type]
        description="Show pictures in the file browser", default=True, options={"SKIP_SAVE", "HIDDEN"}
    )
    filter_folder: BoolProperty(  # type: ignore[valid-type]
        description="Show folders in the file browser", default=True, options={"SKIP_SAVE", "HIDDEN"}
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def change(self, context: bpy.types.Context, orbit: bpy.types.Image, index: int) -> None:
        context.space_data.image = replace(orbit, index, Path(bpy.path.abspath(self.filepath)))


class SV3D_OT_reject_frame(_OnFrame, bpy.types.Operator):
    bl_idname = "sv3d.reject_frame"
    bl_label = "Reject Frame"
    bl_description = "Make the mesh again without this frame"

    def change(self, _context: bpy.types.Context, orbit: bpy.types.Image, index: int) -> None:
        frames_of(orbit)[index].weight = 0.0


class SV3D_OT_keep_frame(_OnFrame, bpy.types.Operator):
    bl_idname = "sv3d.keep_frame"
    bl_label = "Keep Frame"
    bl_description = "Let this frame count again"

    def change(self, _context: bpy.types.Context, orbit: bpy.types.Image, index: int) -> None:
        frames_of(orbit)[index].weight = 1.0


class SV3D_OT_put_back_frame(_OnFrame, bpy.types.Operator):
    bl_idname = "sv3d.put_back_frame"
    bl_label = "Put Back"
    bl_description = "Take the orbit's own frame again, as it came. Undo brings the edited one back"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        found = shown(context)
        if found is None:
            return False
        frames = found[0].sv3d_orbit.frames
        return len(frames) > found[1] and frames[found[1]].image is not None

    def change(self, context: bpy.types.Context, orbit: bpy.types.Image, index: int) -> None:
        _show(context.space_data, orbit)
        frames_of(orbit)[index].image = None


class SV3D_OT_mesh_again(bpy.types.Operator):
    bl_idname = "sv3d.mesh_again"
    bl_label = "Mesh Again"
    bl_description = (
        "Make the mesh once more from the frames as they are now: edited, replaced or rejected. "
        "It comes beside the first result, which stays as it is"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return shown(context) is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        found = shown(context)
        if found is None:
            return {"CANCELLED"}
        try:
            order = order_again(found[0], context.scene.sv3d, preferences(context))
            try:
                start(context, order)
            except UserError:
                drop(Path(order.request.out))
                raise
        except (UserError, OSError) as error:
            session.refuse(failure_of(error))
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (
    SV3D_OT_edit_frame,
    SV3D_OT_back_to_orbit,
    SV3D_OT_replace_frame,
    SV3D_OT_reject_frame,
    SV3D_OT_keep_frame,
    SV3D_OT_put_back_frame,
    SV3D_OT_mesh_again,
)
