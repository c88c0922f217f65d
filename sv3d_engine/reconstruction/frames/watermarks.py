"""Watermarks and captions over the frames: what stands still, away from the object, while that turns."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...picture.islands import strays

Image = NDArray[np.float32]

NOTE = "Writing or small things that stand still beside the object were left out of the frames."
_STILL = 0.8  # of the frames have to show it at the same place: what belongs to the object turns with it


def without_watermarks(mattes: Sequence[Image]) -> list[Image] | None:
    """Alphas (H, W) of one shape without what is written across the frames; None where nothing is."""
    found = np.stack([strays(matte)[0] for matte in mattes])
    still = found.mean(0) >= _STILL
    if not still.any():
        return None
    return [np.where(away & still, np.float32(0), matte) for away, matte in zip(found, mattes, strict=True)]
