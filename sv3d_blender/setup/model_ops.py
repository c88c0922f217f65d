"""The models' buttons: get, verify, remove, and the licence before one is got that asks for it."""

from functools import partial
from pathlib import Path

import bpy
from bpy.props import StringProperty

from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.model_catalogue import Model, Web, model_called
from ..preferences.property_group import preferences
from . import model_panel
from .ops import free_for
from .session import engine_here, engine_setup
from .tasks import use_models

_WIDTH = 460


def _needs_token(model: Model) -> bool:
    return isinstance(model.source, Web) and model.source.needs_token


class SV3D_OT_get_model(bpy.types.Operator):
    bl_idname = "sv3d.get_model"
    bl_label = "Get Model"
    bl_description = "Download this model, after its licence and size have been shown"
    bl_options = {"INTERNAL"}  # not REGISTER: no token into the log of what was done

    model: StringProperty(  # type: ignore[valid-type]
        description="Name of the model to download", options={"SKIP_SAVE", "HIDDEN"}
    )
    token: StringProperty(  # type: ignore[valid-type]
        name="Access Token",
        description="Of your own account, which has accepted the licence. Used for this download, kept nowhere",
        subtype="PASSWORD",
        options={"SKIP_SAVE", "HIDDEN"},
    )

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return free_for(cls)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(
            self, width=_WIDTH, title="Get Model", confirm_text="Download"
        )

    def draw(self, _context: bpy.types.Context) -> None:
        if model := model_called(self.model):
            model_panel.draw_offer(self.layout, model)
            if _needs_token(model):
                self.layout.prop(self, "token")

    def execute(self, context: bpy.types.Context) -> set[str]:
        token, self.token = self.token.strip(), ""
        model = model_called(self.model)
        try:
            if model is None:
                raise UserError(f"There is no model called {self.model}.", "Press Get beside one of the list.")
            if not bpy.app.online_access:
                raise UserError("Blender is set to stay offline.", "Press Allow Online Access, then try again.")
            if _needs_token(model) and not token:
                raise UserError(
                    f"{model.title} comes only to accounts that have accepted its licence.",
                    "Press Licence, accept it, make an access token there, and paste it here; or choose the file.",
                )
            chosen = preferences(context)
            job = partial(_use, ["get", model.name], engine_here(chosen), token)
            engine_setup.start("Get Model", job, partial(_got, chosen, model))
        except UserError as error:
            return self._refuse(error)
        return {"FINISHED"}

    def _refuse(self, error: UserError) -> set[str]:
        self.report({"ERROR"}, str(error))
        return {"CANCELLED"}


class SV3D_OT_verify_models(bpy.types.Operator):
    bl_idname = "sv3d.verify_models"
    bl_label = "Verify"
    bl_description = "Read the models whole and compare them with their hashes"

    model: StringProperty(  # type: ignore[valid-type]
        description="Name of the model to verify; empty: all", options={"SKIP_SAVE", "HIDDEN"}
    )

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return free_for(cls)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return _run(self, context, ["verify", self.model])


class SV3D_OT_remove_model(bpy.types.Operator):
    bl_idname = "sv3d.remove_model"
    bl_label = "Remove Model"
    bl_description = "Delete this model's file from the SV3D folder"

    model: StringProperty(  # type: ignore[valid-type]
        description="Name of the model to delete", options={"SKIP_SAVE", "HIDDEN"}
    )

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return free_for(cls)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return _run(self, context, ["remove", self.model])


def _run(operator: bpy.types.Operator, context: bpy.types.Context, words: list[str]) -> set[str]:
    try:
        engine_setup.start(operator.bl_label, partial(_use, words, engine_here(preferences(context)), ""))
    except UserError as error:
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    return {"FINISHED"}


def _use(words, engine, token, commands, report) -> None:  # type: ignore[no-untyped-def]
    done = use_models(words, engine, commands, report, token)
    for told in done.get("models", ()):
        if told.get("state") == "damaged":
            raise UserError(
                f"The model {told.get('name')} is damaged.",
                "Press Remove beside it, then Get.",
                str(told.get("problem")),
            )


def _got(chosen, model: Model) -> None:  # type: ignore[no-untyped-def]
    """Weights that have come are used, unless others have been chosen."""
    if model.purpose == "orbit" and not chosen.weights and Path(model.path).is_file():
        chosen.weights = str(model.path)
        bpy.context.preferences.is_dirty = True  # or Blender would not save them as it ends


CLASSES = (SV3D_OT_get_model, SV3D_OT_verify_models, SV3D_OT_remove_model)
