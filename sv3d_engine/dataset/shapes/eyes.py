"""Eyes for animals."""

# ruff: noqa: RUF005  (tuples are added to arrays as vectors)
import numpy as np
from numpy.typing import ArrayLike

from ..paint import Colour
from ..palette import BLACK, WHITE
from .model import Model
from .primitives import ellipsoid


def eyes(model: Model, at: ArrayLike, apart: float, size: float, white: Colour = WHITE) -> None:
    """A pair of balls with pupils that look ahead."""
    for y in (-1, 1):
        place = np.asarray(at, float) + (0, y * apart, 0)
        coat = model.add(ellipsoid((size, size, size), 10, 14), white, place)
        model.decal(coat, "ellipsoid", place + (size * 0.45, y * size * 0.12, 0), (size * 0.33,) * 3, BLACK)
