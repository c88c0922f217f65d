"""The tab's name, and how what it shows is drawn anew."""

import bpy

NAME = "SV3D"


def redraw() -> None:
    """Redraw the side bars that can hold the tab, and the preferences; the 3D view itself is left in peace."""
    manager = bpy.context.window_manager
    for window in manager.windows if manager else ():
        for area in window.screen.areas:
            for region in area.regions:
                if (area.type in {"VIEW_3D", "IMAGE_EDITOR"} and region.type == "UI") or (
                    area.type == "PREFERENCES" and region.type == "WINDOW"
                ):
                    region.tag_redraw()


def redraw_views() -> None:
    """Redraw the 3D views, for what is drawn over them."""
    manager = bpy.context.window_manager
    for window in manager.windows if manager else ():
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def show(context: bpy.types.Context) -> None:
    """Bring the tab to the front in the editor that is used, if it can hold it."""
    area = context.area
    if area is None or area.type not in {"VIEW_3D", "IMAGE_EDITOR"}:
        return
    area.spaces.active.show_region_ui = True
    for region in area.regions:
        # Until its tabs have been drawn once, a region knows none of them.
        if region.type == "UI" and region.active_panel_category not in {"UNSUPPORTED", "", NAME}:
            region.active_panel_category = NAME
