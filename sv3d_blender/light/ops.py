"""The switch between the picture's light and the scene's own."""

import bpy
from bpy.props import EnumProperty

from ..result.light_image import light_of, lit_result
from ..translations import reported
from .choices import LIGHTS
from .world import use_own_light, use_picture_light


class SV3D_OT_set_light(bpy.types.Operator):
    bl_idname = "sv3d.set_light"
    bl_label = "Set Light"
    bl_description = "Choose between the picture's light and the scene's own; neither is lost"
    bl_options = {"REGISTER", "UNDO"}

    light: EnumProperty(name="Light", description="Which light the scene has", items=LIGHTS)  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.scene.sv3d_light.active or lit_result(context.active_object) is not None

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        return next(tip for name, _, tip in LIGHTS if name == properties.light)

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.light == "SCENE":
            use_own_light(context.scene)
            return {"FINISHED"}
        result = lit_result(context.active_object) or context.scene.sv3d_light.result
        panorama = light_of(result) if result else None
        if result is None or panorama is None:
            self.report(
                {"WARNING"},
                reported("The picture's light is missing from the result's folder. Import the result again."),
            )
            return {"CANCELLED"}
        use_picture_light(context.scene, result, panorama)
        return {"FINISHED"}


CLASSES = (SV3D_OT_set_light,)
