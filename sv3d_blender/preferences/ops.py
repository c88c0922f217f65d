"""The preferences' buttons."""

import bpy

from ...sv3d_engine.shared.errors import UserError
from .. import storage
from ..engine.job import Failure
from ..engine.session import session
from .property_group import preferences


class SV3D_OT_check_engine(bpy.types.Operator):
    bl_idname = "sv3d.check_engine"
    bl_label = "Check Engine"
    bl_description = "Start the engine and ask what this machine can do"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return not session.checking

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            session.check(preferences(context).python)
        except UserError as error:
            session.report = Failure(error.cause, error.remedy, error.details)
        return {"FINISHED"}


class SV3D_OT_preferences(bpy.types.Operator):
    bl_idname = "sv3d.preferences"
    bl_label = "SV3D Preferences"
    bl_description = "Choose SV3D's weights, and which Python runs the engine"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        return bpy.ops.preferences.addon_show(module=storage.EXTENSION_PACKAGE)


CLASSES = (SV3D_OT_check_engine, SV3D_OT_preferences)
