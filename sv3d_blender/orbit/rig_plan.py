"""A new rig of cameras, before Blender has any of it; plain numbers in metres and degrees."""

import math
from itertools import accumulate, pairwise
from typing import Literal

from ...sv3d_engine.shared import trajectory
from ...sv3d_engine.shared.trajectory import MAX_ELEVATION, SV3D_FOV_DEG, Pose

Preset = Literal["static", "sine", "dynamic"]
FREE_RADIUS = 4.0  # where there is nothing to fit

_FILLED = 0.9  # of the frame, as SV3D's pictures are


def rig_poses(preset: Preset, elevation: float, rise: float, seed: int, count: int) -> tuple[Pose, ...]:
    """One for each camera, the last is the picture's view.  ``rise`` is kept below the poles."""
    match preset:
        case "static":
            return trajectory.static(elevation, count)
        case "sine":
            return trajectory.sine(elevation, min(rise, MAX_ELEVATION - abs(elevation)), count)
        case "dynamic":
            return trajectory.dynamic(elevation, seed, count)


def fitting_radius(size: float) -> float:
    """How far SV3D's camera stands from a ball of this radius, which fills its frame but for a margin."""
    return size / math.sin(math.radians(SV3D_FOV_DEG / 2)) / _FILLED if size > 0 else FREE_RADIUS


def along(points: list[tuple[float, float, float]]) -> tuple[float, ...]:
    """How far along a closed way through these points each lies, 0 to 1, the first at 0."""
    steps = [math.dist(a, b) for a, b in pairwise([*points, points[0]])]
    gone = list(accumulate(steps, initial=0.0))
    return tuple(way / gone[-1] for way in gone[:-1])
