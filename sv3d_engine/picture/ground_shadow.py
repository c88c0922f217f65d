"""Whether an object's matte has its shadow on the ground in it, which is paper too, only softly darker."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .matte import plain_paper

Array = NDArray[np.float32]

_LOWER = 0.6  # of the object's height: shadows on the ground lie below that
_NEUTRAL = 0.035  # by which a shadow's channels may differ, as shares of the paper's
_DARKEST = 0.3  # of the paper's brightness
_GENTLE = 0.07  # of the paper's brightness by which it changes within a hundredth of the frame; an outline is steeper
_LEAST = 0.01  # of the object: less is an outline's softness


def has_ground_shadow(rgb: Array, alpha: Array) -> bool:
    """Whether the lower part of a matte (S, S) from plain paper can be entered from the paper without a step.

    ``rgb`` (S, S, 3) is the picture as it was, sRGB.  A pale object in a soft light may be taken for a shadow, too.
    """
    solid = alpha > 0.5
    if not solid.any():
        return False
    share = rgb / np.maximum(plain_paper(rgb), 1e-3)
    level = share.mean(-1)
    sigma = 0.7 * len(rgb) / 104
    slope = ndimage.gaussian_gradient_magnitude(level, sigma) * len(rgb) / 100
    paper = (share.max(-1) - share.min(-1) < _NEUTRAL) & (slope < _GENTLE)
    paper &= ndimage.gaussian_filter(level, sigma) > _DARKEST
    rows = np.flatnonzero(solid.any(1))
    lower = np.zeros_like(solid)
    lower[int(rows[0] + _LOWER * (rows[-1] - rows[0])) :] = True
    reached = ndimage.binary_propagation(~solid & lower, mask=lower & (~solid | paper))
    return bool((reached & solid).sum() >= _LEAST * solid.sum())
