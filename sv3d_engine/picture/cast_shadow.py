"""Shadows that nothing soft and grey gives away: hard-edged ones and tinted ones, which are told and not taken off."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .ground_shadow import GENTLE, entered, lower_part, shares_of_paper, slopes
from .matte import plain_paper

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

_TINTED, _HARD = 0.05, 0.06  # of the matte: less is an outline's softness, or a flat part of the object
# A tinted shadow darkens the paper along one line of colours, by however much; its palest part tells which.
_PALEST = (0.85, 0.97)  # of the paper's brightness
_ASIDE = 0.035  # shares of the paper, off that line
_ENOUGH = 20  # pixels that tell
# A hard one is of one colour throughout, as nothing is that is shaded, and meets the paper all along.
_EVEN, _SPREAD = 0.02, 0.03  # shares of the paper by which it may differ within two pixels, and altogether
_BRIGHTNESS = (0.15, 0.98)  # of the paper, in each channel
_COLOURFUL = 0.3  # by which its channels may differ
_MEETS = 0.7  # of its columns have a place so near …
_AT_PAPER = 8.0  # … to the paper, in pixels at 256²
_ABOVE = 0.15  # of the object's upper part may be as the shadow is, or it is the object that is so pale or so flat


def is_cast(rgb: Array, alpha: Array) -> bool:
    """Whether the lower part of a matte (H, W) from plain paper is likely a tinted or hard-edged shadow on the ground.

    ``rgb`` (H, W, 3) is the picture as it was, sRGB.  One picture alone may be mistaken: a flat base looks alike.
    """
    solid = alpha > 0.5
    if not solid.any():
        return False
    share = shares_of_paper(rgb, plain_paper(rgb))
    lower = lower_part(solid)
    return _is_tinted(share, solid, lower) or _is_hard(share, solid, lower)


def _is_tinted(share: Array, solid: Mask, lower: Mask) -> bool:
    side = float(np.sqrt(solid.size))
    level, dark = share.mean(-1), 1 - share
    soft = slopes(level, side) < GENTLE
    palest = lower & soft & (level > _PALEST[0]) & (level < _PALEST[1])
    if palest.sum() < _ENOUGH:
        return False
    way = np.median(dark[palest] / np.maximum(np.linalg.norm(dark[palest], axis=-1, keepdims=True), 1e-6), 0)
    way /= max(float(np.linalg.norm(way)), 1e-6)
    aside = np.abs(dark - (dark @ way)[..., None] * way).max(-1)
    alike = soft & (aside < _ASIDE)
    above = solid & ~lower
    if (alike & above).sum() > _ABOVE * above.sum():
        return False
    return bool(entered(solid, lower, alike, side).sum() >= _TINTED * solid.sum())


def _is_hard(share: Array, solid: Mask, lower: Mask) -> bool:
    steps = np.stack([ndimage.morphological_gradient(channel, 3) for channel in np.moveaxis(share, -1, 0)]).max(0)
    low, high = share.min(-1), share.max(-1)
    even = solid & lower & (steps < _EVEN) & (low > _BRIGHTNESS[0]) & (high < _BRIGHTNESS[1])
    even &= high - low < _COLOURFUL
    above = solid & ~lower
    labels, _ = ndimage.label(ndimage.binary_opening(even, np.ones((3, 3))))
    at_paper = ndimage.distance_transform_edt(solid) < _AT_PAPER * np.sqrt(solid.size) / 256
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        patch = labels[box] == number
        if patch.sum() < _HARD * solid.sum():
            continue
        colours = share[box][patch]
        spread = np.quantile(colours, 0.95, 0) - np.quantile(colours, 0.05, 0)
        meets = (at_paper[box] & patch).any(0).mean()
        alike = (np.abs(share - np.median(colours, 0)).max(-1) <= _SPREAD)[above].mean()
        if spread.max() <= _SPREAD and meets >= _MEETS and alike <= _ABOVE:
            return True
    return False
