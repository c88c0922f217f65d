"""Orbits to imagine the shape on: as SV3D knows them, and each different."""

import math
import random

from ...shared.architecture import Variant
from ...shared.trajectory import MAX_ELEVATION, REGULAR_STEP, SV3D_FRAME_COUNT, Pose, static

RISE = 30.0  # degrees, of each of the two waves that the elevation follows


def random_orbit(elevation: float, variant: Variant, draw: random.Random) -> tuple[Pose, ...]:
    """21 poses in degrees, the last of them the picture's own: ``elevation`` and azimuth 0.

    On the way the camera rises or falls by a wave of half a period and one of a whole, each of random height up to
    RISE, and all azimuths but the last are offset by the same random part of a step.  SV3D_u knows nothing but regular
    steps at one elevation.
    """
    regular = static(elevation)
    if variant == "u":
        return regular
    once, twice = (draw.uniform(-RISE, RISE) for _ in range(2))
    offset = draw.uniform(-0.5, 0.5) * REGULAR_STEP
    poses = []
    for index, pose in enumerate(regular[:-1], 1):
        turn = math.pi * index / SV3D_FRAME_COUNT
        height = elevation + once * math.sin(turn) + twice * math.sin(2 * turn)
        poses.append(Pose(max(-MAX_ELEVATION, min(MAX_ELEVATION, height)), (pose.azimuth + offset) % 360))
    return (*poses, regular[-1])
