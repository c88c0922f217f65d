"""The ways to choose a source with one click, or by dropping a file."""

from collections.abc import Iterator

import bpy
from bpy.props import BoolProperty, StringProperty

from ...sv3d_engine.shared import protocol
from .. import tab
from ..engine.session import session
from ..translations import reported, said
from .picture import can_be_source
from .source import SUFFIXES


class SV3D_OT_use_active_image(bpy.types.Operator):
    bl_idname = "sv3d.use_active_image"
    bl_label = "Use Active Image"
    bl_description = "Take the picture that the Image Editor shows"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if active_image(context) is None:
            cls.poll_message_set(said("Open a picture in an Image Editor first. A render has to be saved as a picture"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        _choose(context, active_image(context))
        return {"FINISHED"}


class SV3D_OT_drop_picture(bpy.types.Operator):
    bl_idname = "sv3d.drop_picture"
    bl_label = "Use Picture in SV3D"
    bl_description = "Open a picture file as SV3D's source"
    bl_options = {"UNDO"}

    filepath: StringProperty(  # type: ignore[valid-type]
        name="File", description="The picture to open", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )
    filter_image: BoolProperty(  # type: ignore[valid-type]
        description="Show pictures in the file browser", default=True, options={"SKIP_SAVE", "HIDDEN"}
    )
    filter_folder: BoolProperty(  # type: ignore[valid-type]
        description="Show folders in the file browser", default=True, options={"SKIP_SAVE", "HIDDEN"}
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        if self.filepath:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            image = bpy.data.images.load(self.filepath, check_existing=True)
            if not can_be_source(image):  # the same file may be open as the first of a sequence
                image = bpy.data.images.load(self.filepath)
        except RuntimeError:
            self.report({"ERROR"}, reported("Blender cannot open this picture: {file}", file=self.filepath))
            return {"CANCELLED"}
        _choose(context, image)
        tab.show(context)
        return {"FINISHED"}


class SV3D_FH_picture(bpy.types.FileHandler):
    bl_idname = "SV3D_FH_picture"
    bl_label = "SV3D Picture"
    bl_import_operator = "sv3d.drop_picture"
    bl_file_extensions = ";".join(sorted(SUFFIXES))

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """Only onto the tab: a picture dropped into the view beside it does what it does without this add-on."""
        region = context.region
        return region is not None and region.type == "UI" and region.active_panel_category == tab.NAME


class SV3D_OT_use_orbit(bpy.types.Operator):
    bl_idname = "sv3d.use_orbit"
    bl_label = "Make Mesh from It"
    bl_description = "Take the finished orbit as the source. Generate then makes a mesh from it"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return session.job is not None and isinstance(session.job.result, protocol.OrbitResult)

    def execute(self, context: bpy.types.Context) -> set[str]:
        if session.job and isinstance(session.job.result, protocol.OrbitResult):
            settings = context.scene.sv3d
            settings.source, settings.folder = "FOLDER", session.job.result.frames
        return {"FINISHED"}


def active_image(context: bpy.types.Context) -> bpy.types.Image | None:
    """The picture in the Image Editor under the mouse, else in the first one that shows any."""
    for space in (context.space_data, *_spaces(context)):
        if isinstance(space, bpy.types.SpaceImageEditor) and can_be_source(space.image):
            return space.image
    return None


def _spaces(context: bpy.types.Context) -> Iterator[bpy.types.Space]:
    for window in context.window_manager.windows:
        yield from (area.spaces.active for area in window.screen.areas)


def _choose(context: bpy.types.Context, image: bpy.types.Image | None) -> None:
    settings = context.scene.sv3d
    settings.source, settings.picture = "PICTURE", image


CLASSES = (SV3D_OT_use_active_image, SV3D_OT_drop_picture, SV3D_FH_picture, SV3D_OT_use_orbit)
