"""A shaded ball as frames, and a preset for it that is as small as it goes."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sv3d_engine.ground.settings import PRESETS

SIZE = 64
TINY = replace(
    PRESETS["draft"],
    coarse_steps=8,
    fine_steps=4,
    coarse_size=32,
    fine_size=SIZE,
    grid_resolution=24,
    face_budget=600,
    texture_size=512,
    turntable_size=64,
    turntable_count=2,
)


def ball_frame(size: int) -> NDArray[np.uint8]:  # (size, size, 4)
    """A ball that is lit from above, the same from all sides; white where it is transparent."""
    y, x = np.mgrid[:size, :size] / (size - 1) * 2 - 1
    inside = x**2 + y**2 < 0.36
    grey = np.where(inside, 140 - 60 * y, 255).astype(np.uint8)
    return np.stack([grey, grey // 2 + 128 * ~inside, grey, 255 * inside], -1).astype(np.uint8)
