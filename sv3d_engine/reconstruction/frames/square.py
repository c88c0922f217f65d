"""Oblong pictures as square ones, as much added on one side as on the other, so that their middle stays the middle."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def in_square(image: NDArray[Any], fill: Any, side: int | None = None) -> NDArray[Any]:  # (H, W, …) -> (S, S, …)
    """A picture in the middle of a square of ``fill``; without a ``side`` in the smallest that has the same middle."""
    height, width = image.shape[:2]
    if side is None:
        side = max(height, width) + abs(height - width) % 2  # as much on one side as on the other
    if height == width == side:
        return image
    top, left = (side - height) // 2, (side - width) // 2
    whole = np.full((side, side, *image.shape[2:]), fill, image.dtype)
    whole[top : top + height, left : left + width] = image
    return whole


def squared(frame: NDArray[np.uint8], side: int | None = None) -> NDArray[np.uint8]:  # (H, W, 4) -> (S, S, 4)
    """The same of a matted frame: transparent white is added."""
    return in_square(frame, (255, 255, 255, 0), side)
