"""Scaling pictures down without fringes."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def shrink(
    rgb: NDArray[np.float32], alpha: NDArray[np.float32] | None, max_size: int
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Scale an (S, S) picture to at most ``max_size`` by area averages of premultiplied colour."""
    size = len(rgb)
    if size <= max_size:
        return rgb, alpha
    if alpha is None:
        return np.stack([_average(rgb[..., c], max_size) for c in range(3)], -1), None
    small_alpha = _average(alpha, max_size)
    premultiplied = np.stack([_average(rgb[..., c] * alpha, max_size) for c in range(3)], -1)
    colours = premultiplied / np.maximum(small_alpha, 1e-6)[..., None]
    return np.where(small_alpha[..., None] > 0, colours, 1).astype(np.float32), small_alpha


def _average(channel: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    image = Image.fromarray(np.ascontiguousarray(channel, dtype=np.float32))
    return np.asarray(image.resize((size, size), Image.Resampling.BOX)).clip(0, 1)
