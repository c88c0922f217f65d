"""The rows of the tab for cameras of the scene, and what it says of them."""

from collections.abc import Iterator

import bpy

from ...sv3d_engine.shared.errors import UserError
from ..phrase import joined, phrase
from .property_group import SV3DSceneCameras
from .watching import watch

_VIEWS = "{count} views tell the orbit. {front} sees what the picture shows."
_CAMERAS = "{count} cameras tell the orbit. {front} sees what the picture shows."


def draw_cameras(layout: bpy.types.UILayout, cameras: SV3DSceneCameras) -> None:
    """Which cameras tell the orbit."""
    layout.prop(cameras, "which")
    if cameras.which == "ANIMATED":
        layout.prop(cameras, "camera")
    elif cameras.which == "RIG":
        layout.prop(cameras, "rig")
    layout.prop(cameras, "target")
    layout.prop(cameras, "front")
    layout.operator("sv3d.add_orbit_cameras", icon="OUTLINER_OB_CAMERA")


def findings(scene: bpy.types.Scene) -> Iterator[tuple[str, str]]:
    """Sentences on the orbit, each with its icon: ERROR for what no orbit can be made of."""
    try:
        orbit = watch.orbit(scene)
    except UserError as error:
        yield joined(" ", (error.cause, error.remedy)), "ERROR"
        return
    if orbit is None:
        yield "Looking at the animation…", "TIME"
        return
    animated = scene.sv3d.scene_cameras.which == "ANIMATED"
    told = phrase(_VIEWS if animated else _CAMERAS, count=len(orbit.order), front=orbit.front.name)
    yield told, "CAMERA_DATA"
    for departure in orbit.departures:
        yield departure.text, "INFO"
