"""About how long an orbit takes, told before anything is loaded.

Only the standard library is used here, because the add-on tells it too.
"""

import math

from .architecture import OFFICIAL_FRAME_SIZE, UNET, Shapes

STEP_SECONDS = {"cuda": 0.8, "mps": 30.0, "cpu": 900.0}  # of the official model's 66 TFLOP; "cpu" is two cores
STEPS_AROUND = 5  # loading, encoding and decoding take about as long as this many steps

_LEAST_STEP = 0.04  # seconds to start the many small operations of a step, however little each one does
_OFFICIAL_WEIGHTS = 1_525_000_000  # of the UNet


def step_share(shapes: Shapes, frame_size: int) -> float:
    """About what share of the official model's work a step is: the UNet's weights times the pixels they go over."""
    weights = sum(math.prod(shape) for key, shape in shapes.items() if key.startswith(UNET))
    return weights / _OFFICIAL_WEIGHTS * (frame_size / OFFICIAL_FRAME_SIZE) ** 2


def orbit_seconds(steps: int, share: float, device: str) -> float:
    """What an orbit takes, within a factor of two; ``share`` is step_share's, ``device`` a key of STEP_SECONDS."""
    return (steps + STEPS_AROUND) * max(share * STEP_SECONDS[device], _LEAST_STEP)
