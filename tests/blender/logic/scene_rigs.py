"""Cameras about a target, as Blender would hand them over."""

import math
from collections.abc import Iterable

from sv3d.sv3d_blender.orbit.standing import Point, SceneCamera
from sv3d.sv3d_engine.shared.trajectory import SV3D_FOV_DEG

TARGET = (1.0, -2.0, 0.5)


def camera(
    name: str,
    elevation: float,
    azimuth: float,
    *,
    distance: float = 5.0,
    roll: float = 0.0,
    aim: float = 0.0,
    fov: float | None = SV3D_FOV_DEG,
    target: Point = TARGET,
) -> SceneCamera:
    """Degrees; ``roll`` leans it clockwise as it looks, ``aim`` turns its look away from the target, to its left."""
    e, a, r, t = (math.radians(angle) for angle in (elevation, azimuth, roll, aim))
    out = (math.cos(e) * math.cos(a), math.cos(e) * math.sin(a), math.sin(e))
    right = (-math.sin(a), math.cos(a), 0.0)
    up = (-math.sin(e) * math.cos(a), -math.sin(e) * math.sin(a), math.cos(e))
    backward = _mix(out, right, math.cos(t), math.sin(t))
    right = _mix(right, out, math.cos(t), -math.sin(t))
    leaning = _mix(right, up, math.cos(r), -math.sin(r))
    up = _mix(up, right, math.cos(r), math.sin(r))
    place = tuple(target[i] + distance * out[i] for i in range(3))
    rows = [(leaning[i], up[i], backward[i], place[i]) for i in range(3)]
    return SceneCamera(name, (*rows, (0.0, 0.0, 0.0, 1.0)), fov)


def ring(angles: Iterable[tuple[float, float]], **given: object) -> list[SceneCamera]:
    """One for each elevation and azimuth, named Camera.001 and so on."""
    return [camera(f"Camera.{i:03d}", *pair, **given) for i, pair in enumerate(angles, 1)]


def _mix(a: Point, b: Point, p: float, q: float) -> Point:
    return a[0] * p + b[0] * q, a[1] * p + b[1] * q, a[2] * p + b[2] * q
