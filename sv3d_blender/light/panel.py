"""The rows of the tab about the light."""

import bpy

from .choices import LIGHTS
from .ops import SV3D_OT_set_light
from .world import strength_socket


def draw_light(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The switch, and how strong the picture's light is."""
    if not SV3D_OT_set_light.poll(context):
        return
    row = layout.row(align=True)
    chosen = context.scene.sv3d.light
    for light, text, _ in LIGHTS:
        row.operator("sv3d.set_light", text=text, depress=light == chosen).light = light
    if strength := strength_socket(context.scene):
        layout.prop(strength, "default_value", text="Light Strength")
