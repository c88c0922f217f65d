"""Watermarks and captions over the frames: what stands still, away from the object, while that turns."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ...picture.islands import strays

Image = NDArray[np.float32]

NOTE = "Writing or small things that stand still beside the object were left out of the frames."
_STILL = 0.8  # of the frames have to show it at the same place: what belongs to the object turns with it, …
_ON_AXIS = 0.3  # … but for what floats on the axis, and is not as wide as a line of text across so much of the frame
_JOINED = 0.04  # of a frame's width: letters that are no farther apart are one line


def without_watermarks(mattes: Sequence[Image]) -> list[Image] | None:
    """Alphas (H, W) of one shape without what is written across the frames; None where nothing is."""
    found = np.stack([strays(matte)[0] for matte in mattes])
    still = _beside_axis(found.mean(0) >= _STILL)
    if not still.any():
        return None
    return [np.where(away & still, np.float32(0), matte) for away, matte in zip(found, mattes, strict=True)]


def _beside_axis(still: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without what may float over the middle of the object: a flame, a halo, the dot of an i."""
    width = still.shape[1]
    lines, _ = ndimage.label(ndimage.binary_dilation(still, np.ones((1, 2 * round(_JOINED * width / 2) + 1))))
    kept = still.copy()
    for number, box in enumerate(ndimage.find_objects(lines), start=1):
        left, right = box[1].start, box[1].stop
        if left < width / 2 < right and right - left < _ON_AXIS * width:
            kept &= lines != number
    return kept
