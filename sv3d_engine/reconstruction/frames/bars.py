"""Bars round the frames of a film, which stand still while the object turns: painted over with what is beside them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...picture.borders import Window, content_window, is_whole

Image = NDArray[np.float32]

NOTE = "Bars round the frames were left out."
_LOOKED_AT = 8  # frames
_STILL = 2  # pixels by which compression may move where a bar ends


def without_bars(rgb: Sequence[Image]) -> list[Image] | None:
    """Frames (H, W, 3) of one shape in which the bars go on as what they end at does; None where there are none.

    Nothing is cut off: the frame's middle, which the camera is aimed at, stays its middle.  A rectangle that is not the
    same in all frames is the object, not what bars leave.
    """
    looked_at = rgb[:: max(1, len(rgb) // _LOOKED_AT)]
    sides = np.array([_sides(content_window(picture)) for picture in looked_at])
    if np.ptp(sides, axis=0).max() > _STILL:
        return None
    top, left = (int(side) for side in sides[:, :2].max(0))
    bottom, right = (int(side) for side in sides[:, 2:].min(0))
    window = slice(top, bottom), slice(left, right)
    height, width = rgb[0].shape[:2]
    if is_whole(window, (height, width)):
        return None
    beside = ((top, height - bottom), (left, width - right), (0, 0))
    return [np.pad(picture[window], beside, mode="edge") for picture in rgb]


def _sides(window: Window) -> tuple[int, int, int, int]:
    """Top, left, bottom, right."""
    rows, columns = window
    return rows.start, columns.start, rows.stop, columns.stop
