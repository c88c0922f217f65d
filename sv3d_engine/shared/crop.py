"""Where in the artist's picture the square lay that became the frame: told in report.json, read by the add-on."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ORIGINAL = "original.png"  # beside picture.png: the whole picture, upright, of at most 2048 pixels a side
_MOST = 65536  # pixels: sides of pictures that anything can show
_FURTHEST = 1e6  # pixels: the square may leave the picture, but a camera's shift has bounds


@dataclass(frozen=True)
class Crop:
    """A square of a picture, in the pixels of the whole, upright picture; x right and y down from its corner."""

    left: float  # may be negative: the square may leave the picture
    top: float
    side: float
    width: int  # of the picture
    height: int

    @classmethod
    def whole(cls, width: int, height: int) -> "Crop":
        """The square that a square picture is itself; of another, the largest in its middle."""
        side = min(width, height)
        return cls((width - side) / 2, (height - side) / 2, side, width, height)


def read_crop(told: Any) -> Crop | None:
    """A crop from what a report says under "crop"; None for anything that could not be one."""
    if not isinstance(told, Mapping):
        return None
    left, top, side = (_number(told.get(key)) for key in ("left", "top", "side"))
    width, height = told.get("width"), told.get("height")
    if left is None or top is None or side is None or side < 1:
        return None
    if not (type(width) is int and type(height) is int and 0 < width <= _MOST and 0 < height <= _MOST):
        return None
    return Crop(left, top, side, width, height)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and abs(number) <= _FURTHEST else None
