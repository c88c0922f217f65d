"""An animated camera's way, for the tab and the viewport: looked at anew once it has changed and come to rest."""

import time
from collections.abc import Iterator

import bpy

from .. import compat, tab
from .gathering import orbit_of, sampled
from .scene_orbit import SceneOrbit
from .standing import SceneCamera

_REST = 0.3  # seconds
_FARTHEST = 16  # steps from the camera along parents and constraints

Signature = tuple[object, ...]


class Watch:
    """What was seen last of each scene's animated camera; for the main thread only."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[Signature, tuple[SceneCamera, ...]]] = {}
        self._wanted: set[str] = set()
        self._changed = 0.0
        self.timer = self._on_timer  # kept, as Blender tells timers apart by identity and a method's changes

    def orbit(self, scene: bpy.types.Scene) -> SceneOrbit | None:
        """The orbit to draw; None while an animated camera has yet to be looked at.  Raises UserError."""
        if scene.sv3d.scene_cameras.which != "ANIMATED":
            return orbit_of(scene)
        if scene.name not in self._seen:
            self.want(scene)
            return None
        return orbit_of(scene, self._seen[scene.name][1])

    def want(self, scene: bpy.types.Scene) -> None:
        """Look at the scene's animated camera soon."""
        self._wanted.add(scene.name)
        self._changed = time.monotonic()
        if not bpy.app.timers.is_registered(self.timer):
            bpy.app.timers.register(self.timer, first_interval=_REST, persistent=True)

    def forget(self) -> None:
        """As another file is opened, or the add-on ends."""
        self._seen.clear()
        self._wanted.clear()
        if bpy.app.timers.is_registered(self.timer):
            bpy.app.timers.unregister(self.timer)

    def _on_timer(self) -> float | None:
        rest = self._changed + _REST - time.monotonic()
        if rest > 0:  # it is still being moved, or plays
            return rest
        wanted, self._wanted = self._wanted, set()
        for scene in bpy.data.scenes:
            if scene.name in wanted and follows_animation(scene):
                self._look(scene)
        return None

    def _look(self, scene: bpy.types.Scene) -> None:
        signature = _signature(scene)
        if scene.name in self._seen and self._seen[scene.name][0] == signature:
            return
        self._seen[scene.name] = signature, sampled(scene)
        tab.redraw()
        tab.redraw_views()


def follows_animation(scene: bpy.types.Scene) -> bool:
    """Whether the scene's orbit is that of an animated camera."""
    return scene.sv3d.orbit_source == "CAMERAS" and scene.sv3d.scene_cameras.which == "ANIMATED"


@bpy.app.handlers.persistent
def on_change(scene: bpy.types.Scene, *_given: object) -> None:
    """Something in a scene has changed; this is called often."""
    if follows_animation(scene):
        watch.want(scene)


@bpy.app.handlers.persistent
def on_load(*_given: object) -> None:
    watch.forget()


def _signature(scene: bpy.types.Scene) -> Signature:
    """What the camera's way depends on, but for the frame that is shown now."""
    camera = scene.sv3d.scene_cameras.camera
    parts = [part for thing in _chain(camera) for part in _animation(thing)] if camera else []
    render = scene.render
    return scene.frame_start, scene.frame_end, render.resolution_x, render.resolution_y, *parts


def _chain(camera: bpy.types.Object) -> list[bpy.types.Object]:
    """The camera, and what it hangs on."""
    found, newest = [camera], [camera]
    for _ in range(_FARTHEST):
        newest = [thing for known in newest for thing in _bearers(known) if thing not in found]
        found += newest
    return list(dict.fromkeys(found))


def _bearers(thing: bpy.types.Object) -> Iterator[bpy.types.Object]:
    if thing.parent:
        yield thing.parent
    yield from (c.target for c in thing.constraints if getattr(c, "target", None))


def _animation(thing: bpy.types.Object) -> Iterator[object]:
    yield thing.name
    data = [thing, thing.data] if thing.data else [thing]
    curves = [curve for block in data for curve in compat.action_fcurves(block)]
    moved = {curve.data_path for curve in curves}
    if not moved & {"location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale"}:
        yield tuple(map(tuple, thing.matrix_basis))
    for curve in curves:
        keys = [0.0] * (6 * len(curve.keyframe_points))
        for i, name in enumerate(("co", "handle_left", "handle_right")):
            part = [0.0] * (2 * len(curve.keyframe_points))
            curve.keyframe_points.foreach_get(name, part)
            keys[i * len(part) : (i + 1) * len(part)] = part
        ways = [0] * len(curve.keyframe_points)
        curve.keyframe_points.foreach_get("interpolation", ways)
        yield curve.data_path, curve.array_index, tuple(keys), tuple(ways)
    for constraint in thing.constraints:
        yield constraint.type, constraint.influence, getattr(constraint, "offset_factor", 0.0)
    if isinstance(thing.data, bpy.types.Camera):
        yield thing.data.type, thing.data.lens, thing.data.sensor_width
    if isinstance(thing.data, bpy.types.Curve):
        for spline in thing.data.splines:
            yield tuple(tuple(point.co) for point in (*spline.bezier_points, *spline.points))


watch = Watch()
