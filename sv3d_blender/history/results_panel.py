"""How the results folder looks in the preferences."""

import bpy


def draw_results(layout: bpy.types.UILayout, chosen: bpy.types.PropertyGroup) -> None:
    """The folder, and why another one was refused."""
    layout.prop(chosen, "folder")
    if chosen.problem:
        row = layout.row()
        row.alert = True
        row.alignment = "RIGHT"
        row.label(text=chosen.problem, icon="ERROR")
