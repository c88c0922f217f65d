"""Where SV3D's camera goes: the angles of each frame.

Every orbit goes once round, counter-clockwise seen from above, and its last frame is the picture's own view:
exactly the given elevation, azimuth 0.  Angles are degrees.  Only the standard library is used here, because the
add-on draws these orbits too.
"""

import math
import random
from itertools import accumulate
from typing import NamedTuple

SV3D_FOV_DEG = 33.8
SV3D_FRAME_COUNT = 21
MAX_ELEVATION = 89.0  # a camera that looks straight down has no way up

# Beyond these, SV3D saw little or nothing in training; ``dynamic`` keeps within them.
REGULAR_STEP = 360.0 / SV3D_FRAME_COUNT
TRAINED_STEP = 2.5 * REGULAR_STEP  # of the azimuth, from frame to frame
TRAINED_JUMP = 35.0  # of the elevation, from frame to frame
TRAINED_RISE = 55.0  # above or below the picture's view
TRAINED_ELEVATIONS = (-5.0, 30.0)  # of the picture's view

_FINE = 4  # a dynamic orbit is drawn this many times finer than it is used
_PERIODS = range(1, 6)
_AMPLITUDES = (0.5, 10.0)
_SMOOTHING = 2  # samples on either side
_FINE_STEPS = (0.5, 1.5)  # of the regular one


class Pose(NamedTuple):
    """A camera's angles in degrees: the elevation above the object's horizon, the azimuth from the picture's view."""

    elevation: float
    azimuth: float


def static(elevation: float, count: int = SV3D_FRAME_COUNT) -> tuple[Pose, ...]:
    """Regular steps at one elevation, SV3D's default: azimuth 360·(i+1)/count mod 360."""
    return tuple(Pose(elevation, azimuth) for azimuth in _regular_azimuths(count))


def sine(elevation: float, amplitude: float = 30.0, count: int = SV3D_FRAME_COUNT) -> tuple[Pose, ...]:
    """Regular steps, once up and down by ``amplitude``: what SV3D's authors found best for meshes, at 30°."""
    azimuths = _regular_azimuths(count)
    return tuple(Pose(elevation + amplitude * math.sin(math.radians(a)), a) for a in azimuths)


def dynamic(elevation: float, seed: int, count: int = SV3D_FRAME_COUNT) -> tuple[Pose, ...]:
    """An orbit like those that SV3D was trained on; the same for the same seed on every machine.

    As the paper's appendix describes them: four samples a frame, steps regular but for a little noise, and an
    elevation that is a sum of sinusoids, smoothed.  Here there is one sinusoid of each number of periods; the
    reference's own code adds up 84, which throws the camera up and down by 40° from one frame to the next.  Near a
    pole the rise and fall is made as small as MAX_ELEVATION, which ``elevation`` must not exceed, demands.
    """
    draw = random.Random(seed)
    fine = _FINE * count
    azimuths = _uneven_azimuths(draw, fine)
    rises = _smooth(_random_wave(draw, fine))
    rises = [rise - rises[0] for rise in rises]
    room = 0.999 * (MAX_ELEVATION - abs(elevation))  # a little less, for rounding
    strength = min(1.0, room / max(map(abs, rises)))
    used = [*range(_FINE, fine, _FINE), 0]
    return tuple(Pose(elevation + strength * rises[i], azimuths[i]) for i in used)


def _regular_azimuths(count: int) -> list[float]:
    return [360.0 * (i + 1) / count % 360.0 for i in range(count)]


def _uneven_azimuths(draw: random.Random, count: int) -> list[float]:
    """Azimuths from 0 on that grow all the way round by steps of random length."""
    steps = [draw.uniform(*_FINE_STEPS) for _ in range(count)]
    whole = sum(steps)
    return [360.0 * gone / whole for gone in accumulate(steps[:-1], initial=0.0)]


def _random_wave(draw: random.Random, count: int) -> list[float]:
    """A sum of sinusoids that each close after ``count`` samples."""
    wave = [0.0] * count
    for periods in _PERIODS:
        amplitude, phase = draw.uniform(*_AMPLITUDES), draw.uniform(0.0, math.tau)
        for i in range(count):
            wave[i] += amplitude * math.sin(math.tau * periods * i / count + phase)
    return wave


def _smooth(loop: list[float]) -> list[float]:
    """Moving average along a closed curve."""
    near = range(-_SMOOTHING, _SMOOTHING + 1)
    return [sum(loop[(i + k) % len(loop)] for k in near) / len(near) for i in range(len(loop))]
