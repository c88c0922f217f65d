"""Draws the orbit over the 3D views whose sidebar shows the tab; all that is slow is done once for each orbit."""

from typing import Any, NamedTuple

import blf
import bpy
import gpu
from bpy_extras.view3d_utils import location_3d_to_region_2d
from gpu_extras.batch import batch_for_shader

from .. import tab
from ..preferences.property_group import preferences
from ..result.camera import looked_through
from ..result.job_folder import frames_behind
from ..result.picture_camera import is_picture_camera
from .shapes import OrbitView, Shapes, shapes
from .view import orbit_view

_SHADER = "POLYLINE_FLAT_COLOR"
_LINE = 1.5  # pixels at interface scale 1
_FONT = 12


class _Ready(NamedTuple):
    view: OrbitView
    shapes: Shapes
    batch: Any


_ready: _Ready | None = None
_shown = False  # in the view that is being drawn: its numbers come right after its lines
_handlers: list[Any] = []


def register() -> None:
    """Begin to draw.  Without a window there is nothing to draw on, and nothing is compiled."""
    for draw, kind in ((_draw_lines, "POST_VIEW"), (_draw_numbers, "POST_PIXEL")):
        _handlers.append(bpy.types.SpaceView3D.draw_handler_add(draw, (), "WINDOW", kind))


def unregister() -> None:
    """Draw no more."""
    global _ready  # noqa: PLW0603  (what belongs to the graphics card is let go)
    while _handlers:
        bpy.types.SpaceView3D.draw_handler_remove(_handlers.pop(), "WINDOW")
    _ready = None


def is_registered() -> bool:
    """Whether the overlay can be drawn."""
    return bool(_handlers)


def wanted(context: bpy.types.Context) -> OrbitView | None:
    """The orbit to draw in this 3D view; None where overlays are off or its sidebar shows something else.

    Nor where a result is compared with its picture or frames: the next orbit would lie across it.
    """
    space = context.space_data
    if not (space.overlay.show_overlays and space.show_region_ui):
        return None
    camera = looked_through(context)
    if camera and (is_picture_camera(camera) or frames_behind(camera)):
        return None
    if not any(r.type == "UI" and r.active_panel_category == tab.NAME for r in context.area.regions):
        return None
    model = preferences(context).model
    return orbit_view(context.scene, model.variant if model else "")


def _draw_lines() -> None:
    global _ready, _shown  # noqa: PLW0603
    context = bpy.context
    view = wanted(context)
    _shown = view is not None
    if view is None:
        return
    shader = gpu.shader.from_builtin(_SHADER)
    if _ready is None or _ready.view != view:
        drawn = shapes(view)
        points = [point for _role, *ends in drawn.lines for point in ends]
        colours = [role.value for role, *ends in drawn.lines for _ in ends]
        _ready = _Ready(view, drawn, batch_for_shader(shader, "LINES", {"pos": points, "color": colours}))
    region = context.region
    shader.bind()
    shader.uniform_float("viewportSize", (region.width, region.height))
    shader.uniform_float("lineWidth", _LINE * context.preferences.system.ui_scale)
    gpu.state.blend_set("ALPHA")
    gpu.state.depth_test_set("LESS_EQUAL")
    _ready.batch.draw(shader)
    gpu.state.depth_test_set("NONE")
    gpu.state.blend_set("NONE")


def _draw_numbers() -> None:
    context = bpy.context
    if _ready is None or not _shown:
        return
    blf.size(0, _FONT * context.preferences.system.ui_scale)
    for role, point, text in _ready.shapes.numbers:
        place = location_3d_to_region_2d(context.region, context.region_data, point)
        if place is not None:
            blf.color(0, *role.value)
            blf.position(0, place.x + 4, place.y + 4, 0)
            blf.draw(0, text)
