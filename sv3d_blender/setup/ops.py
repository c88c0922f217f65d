"""The buttons of the set-up.  Each that fetches something first shows what comes, how big it is and where it goes."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import bpy
from bpy.props import EnumProperty, StringProperty

from ...sv3d_engine import __version__
from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.user_folders import home_folder
from .. import storage, tab
from ..engine.job import Failure
from ..engine.session import session
from ..generate.wording import report
from ..preferences.property_group import preferences
from ..translations import reported, said
from . import folder, panel
from .planner import LOOKING
from .session import blenders_python, check_engine, engine_setup
from .state import Places
from .tasks import Engine, set_up

_WIDTH = 460
_MODES = (
    ("SET_UP", "Set Up Engine", "Make the engine's environment, or go on where that was broken off"),
    ("REPAIR", "Repair", "Make an environment that was damaged whole again"),
    ("UPDATE", "Update", "Fetch the packages that this version of the add-on needs"),
)


def free_for(operator: type[bpy.types.Operator]) -> bool:
    """Whether engine and models can be changed now; the operator's button tells why not."""
    if engine_setup.work.busy:
        operator.poll_message_set(said("SV3D is at work already"))
    elif session.busy:
        operator.poll_message_set(said("A job is running: wait for it, or cancel it"))
    return not (engine_setup.work.busy or session.busy)


class SV3D_OT_set_up_engine(bpy.types.Operator):
    bl_idname = "sv3d.set_up_engine"
    bl_label = "Set Up Engine"
    bl_description = (
        "Make the engine's own environment in the SV3D folder. "
        "Shows first what will be downloaded, how big it is and where it goes"
    )

    mode: EnumProperty(  # type: ignore[valid-type]
        description="What is done to the engine's environment", items=_MODES, options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return free_for(cls)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        title = panel.BUTTON_TITLES[self.mode]
        engine_setup.forget_plan()
        return context.window_manager.invoke_props_dialog(self, width=_WIDTH, title=title, confirm_text=title)

    def draw(self, context: bpy.types.Context) -> None:
        panel.draw_plan(self.layout, preferences(context), context.region_popup, new=self.mode == "SET_UP")

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = preferences(context)
        plan = engine_setup.plan(chosen)
        if plan is None:
            self.report({"ERROR"}, LOOKING)
            return {"CANCELLED"}
        engine_setup.forget_plan()
        try:
            if isinstance(plan, UserError):
                raise plan
            plan = replace(plan, online=bpy.app.online_access)
            if plan.coming and not bpy.app.online_access:
                raise UserError("Blender is set to stay offline.", "Press Allow Online Access, then try again.")
            session.release()
            engine = Engine(Path(), storage.EXTENSION_ROOT, storage.engine_log().parent / "cache")
            job = partial(set_up, plan, engine, thorough=self.mode == "REPAIR")
            engine_setup.start(panel.BUTTON_TITLES[self.mode], job, partial(check_engine, chosen))
        except UserError as error:
            engine_setup.work.failure = error
            tab.redraw()
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def cancel(self, _context: bpy.types.Context) -> None:
        engine_setup.forget_plan()


class SV3D_OT_cancel_set_up(bpy.types.Operator):
    bl_idname = "sv3d.cancel_set_up"
    bl_label = "Cancel"
    bl_description = "Stop. What has been downloaded is kept, so that it can go on from there"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return engine_setup.work.busy and not engine_setup.work.cancelling

    def execute(self, _context: bpy.types.Context) -> set[str]:
        engine_setup.work.cancel()
        tab.redraw()
        return {"FINISHED"}


class SV3D_OT_remove_engine(bpy.types.Operator):
    bl_idname = "sv3d.remove_engine"
    bl_label = "Remove Engine"
    bl_description = "Delete the engine's environment and what was downloaded for it. Models and results stay"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return free_for(cls)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        session.release()
        engine_setup.start("Remove Engine", partial(folder.remove_engine, Places(home_folder())))
        return {"FINISHED"}


class SV3D_OT_move_folder(bpy.types.Operator):
    bl_idname = "sv3d.move_folder"
    bl_label = "Move SV3D Folder"
    bl_description = "Choose another folder, or disk, for the engine and the models, and bring them there"

    directory: StringProperty(  # type: ignore[valid-type]
        description="The folder to move to", subtype="DIR_PATH", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return free_for(cls)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        old, new = home_folder(), Path(self.directory)
        problem = folder.folder_problem(new, storage.deleted_by_blender())
        if new.is_relative_to(old):
            problem = "Choose a folder that is not inside the present one"
        if problem:
            self.report({"ERROR"}, problem)
            return {"CANCELLED"}
        session.release()
        engine_setup.start("Move", partial(folder.move, old, new), partial(_moved, old, new))
        return {"FINISHED"}


def _moved(old: Path, new: Path) -> None:
    """Go by the new folder, also for weights that lay in the old one."""
    chosen = preferences(bpy.context)
    weights = chosen.weights_path if chosen.weights else None
    chosen.home = str(new)
    if weights and weights.is_relative_to(old) and (there := new / weights.relative_to(old)).exists():
        chosen.weights = str(there)  # what is the user's own has stayed where it was
    bpy.context.preferences.is_dirty = True  # or Blender would not save them as it ends


class SV3D_OT_allow_online(bpy.types.Operator):
    bl_idname = "sv3d.allow_online"
    bl_label = "Allow Online Access"
    bl_description = "Switch on Allow Online Access in Blender's system preferences, for all extensions"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if bpy.app.online_access_override:
            cls.poll_message_set(said("Blender was started with --offline-mode or --online-mode, which decides"))
            return False
        return not bpy.app.online_access

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.preferences.system.use_online_access = True
        tab.redraw()
        return {"FINISHED"}


class SV3D_OT_fit_memory(bpy.types.Operator):
    bl_idname = "sv3d.fit_memory"
    bl_label = "Fit Memory"
    bl_description = "Let pictures' jobs go by the memory that there is"
    bl_options = {"INTERNAL", "UNDO"}

    mode: EnumProperty(  # type: ignore[valid-type]
        description="What the job goes by",
        items=[
            ("AUTO", "Memory by the Card", "Choose the memory mode by what is free on the graphics card"),
            ("PROCESSOR", "Compute on the Processor", "Compute on the processor, which is slow"),
        ],
        options={"SKIP_SAVE"},
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.mode == "AUTO":
            context.scene.sv3d.memory = "auto"
        else:
            preferences(context).device = "cpu"
            context.preferences.is_dirty = True  # or Blender would not save them as it ends
        tab.redraw()
        return {"FINISHED"}


class SV3D_OT_dismiss_set_up(bpy.types.Operator):
    bl_idname = "sv3d.dismiss_set_up"
    bl_label = "Dismiss"
    bl_description = "Put this message away"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        engine_setup.work.dismiss()
        tab.redraw()
        return {"FINISHED"}


class SV3D_OT_copy_set_up_report(bpy.types.Operator):
    bl_idname = "sv3d.copy_set_up_report"
    bl_label = "Copy Report"
    bl_description = "Copy what went wrong, with the versions in use, to send it to somebody who can help"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return engine_setup.work.failure is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        if failure := engine_setup.work.failure:
            facts = {
                "SV3D": __version__,
                "Blender": bpy.app.version_string,
                "Blender's Python": " ".join(blenders_python()),
                "SV3D folder": str(home_folder()),
            }
            shown = Failure(failure.cause, failure.remedy, failure.details)
            context.window_manager.clipboard = report(shown, facts)
            self.report({"INFO"}, reported("Report copied"))
        return {"FINISHED"}


CLASSES = (
    SV3D_OT_set_up_engine,
    SV3D_OT_cancel_set_up,
    SV3D_OT_remove_engine,
    SV3D_OT_move_folder,
    SV3D_OT_allow_online,
    SV3D_OT_fit_memory,
    SV3D_OT_dismiss_set_up,
    SV3D_OT_copy_set_up_report,
)
