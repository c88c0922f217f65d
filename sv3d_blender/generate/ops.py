"""The buttons that start jobs."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from ...sv3d_engine.shared.errors import UserError
from ..engine.job import Failure, Phase
from ..engine.session import session
from ..preferences.property_group import preferences
from ..result.provenance import REQUEST, request_of
from ..translations import said
from . import picture_copy
from .choices import ORBITS, QUALITIES, SCENE_CAMERAS, as_tab
from .looking import forget_changed, found
from .request import Asked, Order, give_back, order, repeated, resumed
from .source import pictures_in_folder
from .starting import failure_of, lacking, start, take_up, wait_for


class SV3D_OT_generate(bpy.types.Operator):
    """Also for scripts and farms: see the arguments' descriptions, and README."""

    bl_idname = "sv3d.generate"
    bl_label = "Generate"
    bl_description = (
        "Make the mesh or orbit, or put it behind what is being made. Blender stays free for other work meanwhile"
    )

    picture: StringProperty(  # type: ignore[valid-type]
        name="Picture",
        description="File to make a mesh from. Without it and a folder, the tab's source is taken. "
        "Every argument that is left out is as the tab has it",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )
    folder: StringProperty(  # type: ignore[valid-type]
        name="Folder",
        description="Folder with the frames of an orbit to make a mesh from",
        subtype="DIR_PATH",
        options={"SKIP_SAVE"},
    )
    cameras: StringProperty(  # type: ignore[valid-type]
        name="Cameras",
        description="Cameras file: of the folder's frames or, with a picture, of the orbit to make",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )
    preset: EnumProperty(  # type: ignore[valid-type]
        name="Quality",
        description="How much work goes into the mesh",
        items=as_tab(QUALITIES),
        options={"SKIP_SAVE"},
    )
    orbit: EnumProperty(  # type: ignore[valid-type]
        name="Orbit",
        description="How the camera goes round the object",
        items=as_tab((*ORBITS, SCENE_CAMERAS)),
        options={"SKIP_SAVE"},
    )
    seed: IntProperty(  # type: ignore[valid-type]
        name="Seed", description="Below 0, the tab's", default=-1, min=-1, options={"SKIP_SAVE"}
    )
    out: StringProperty(  # type: ignore[valid-type]
        name="Output",
        description="Job folder, new or of an earlier job; by default a new one in the results folder",
        subtype="DIR_PATH",
        options={"SKIP_SAVE"},
    )
    wait: BoolProperty(  # type: ignore[valid-type]
        name="Wait",
        description="Return only when the result is in the scene, or with CANCELLED and a report if it will not be. "
        "For Blender without a window; with one, nothing can be clicked meanwhile",
        options={"SKIP_SAVE"},
    )

    # No poll: it could not see the arguments.  The tab's button is disabled by ``lacking``.

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        return self._generate(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self._generate(context, by_script=True)

    def _generate(self, context: bpy.types.Context, *, by_script: bool = False) -> set[str]:
        try:
            forget_changed()
            # Nobody stands beside a script; and who has looked at the frames has read what is doubtful.
            asks = not by_script and found(context.scene.sv3d) is None
            names = start(context, *self._orders(context, stops_at_doubts=asks))
        except (UserError, OSError) as error:
            session.refuse(failure_of(error))
            return self._failed(failure_of(error)) if self.wait or bpy.app.background else {"CANCELLED"}
        if by_script:  # which may go on painting in this very turn
            picture_copy.take_pixels(now=True)
        return self._outcome(names) if self.wait else {"FINISHED"}

    def _orders(self, context: bpy.types.Context, *, stops_at_doubts: bool) -> list[Order]:
        settings, chosen = context.scene.sv3d, preferences(context)
        if not (self.picture or self.folder) and (missing := lacking(context)):
            raise UserError(f"{missing}.", "Then press Generate.")
        asked = Asked(
            self.picture,
            self.folder,
            self.cameras,
            "" if self.preset == "TAB" else self.preset,
            "" if self.orbit == "TAB" else self.orbit,
            self.seed,
            self.out,
        )
        if settings.source != "PICTURES" or self.picture or self.folder:
            return [order(settings, chosen, asked, stops_at_doubts=stops_at_doubts)]
        pictures = pictures_in_folder(Path(bpy.path.abspath(settings.pictures)))
        orders: list[Order] = []
        try:
            for file in pictures:
                out = str(Path(self.out) / file.name) if self.out else ""  # its suffix, as two may differ in that alone
                orders.append(order(settings, chosen, replace(asked, picture=str(file), out=out)))
        except (UserError, OSError):
            for request, _ in orders:
                give_back(Path(request.out))
            raise
        return orders

    def _outcome(self, names: Sequence[str]) -> set[str]:
        """Wait for these jobs and their way into the scene."""
        try:
            wait_for(names)
        except KeyboardInterrupt:
            session.remove(names)
            session.cancel()
            return self._failed(Failure("Stopped from the keyboard.", "Finished stages are kept."))
        for name in names:
            job = session.over[name]
            if job.failure or job.phase is Phase.CANCELLED:
                return self._failed(job.failure or Failure("The job was cancelled.", ""))
        if session.failure:
            return self._failed(session.failure)
        return {"FINISHED"}

    def _failed(self, failure: Failure) -> set[str]:
        # A warning, as Blender turns a reported error into an exception where a script has called.
        self.report({"WARNING"}, f"SV3D: {failure.cause} {failure.remedy}".rstrip())
        return {"CANCELLED"}


class SV3D_OT_generate_again(bpy.types.Operator):
    bl_idname = "sv3d.generate_again"
    bl_label = "Generate Again"
    bl_description = "Make the active object's result once more, as it was asked for, from the note that it carries"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.active_object is None or REQUEST not in context.active_object:
            cls.poll_message_set(said("Select a result of SV3D first"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        active = context.active_object
        try:
            request = request_of(active)
            if request is None:
                raise UserError(
                    "The note that the object carries is damaged.", "Set the job up in the SV3D tab.", active.name
                )
            start(context, Order(repeated(request, active.name, context.scene.sv3d, preferences(context)), active.name))
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

    job: StringProperty(  # type: ignore[valid-type]
        description="Folder of the job to resume; empty: the last one", options={"SKIP_SAVE", "HIDDEN"}
    )

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        last = session.job is not None and session.job.phase in (Phase.CANCELLED, Phase.FAILED)
        return last or bool(session.queue.failed or session.queue.batches)

    def execute(self, context: bpy.types.Context) -> set[str]:
        stopped = session.over.get(self.job) if self.job else session.job
        if stopped and stopped.phase in (Phase.CANCELLED, Phase.FAILED):
            chosen = preferences(context)
            try:
                request = resumed(stopped.request, context.scene.sv3d, chosen)
                session.forget_failed(stopped.request.job)
                take_up(context, request, stopped.title)
            except UserError as error:
                session.refuse(failure_of(error))
        return {"FINISHED"}


CLASSES = (SV3D_OT_generate, SV3D_OT_generate_again, SV3D_OT_resume)
