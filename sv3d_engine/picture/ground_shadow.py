"""An object's shadow on the ground in its matte, which is paper too, only softly darker: found, and taken off."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .doubtful_outline import faint_outline
from .matte import Cut, plain_paper

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

_LOWER = 0.6  # of the object's height: shadows on the ground lie below that
_NEUTRAL = 0.035  # by which a shadow's channels may differ, as shares of the paper's
_DARKEST, _LIGHTEST = 0.2, 1.02  # of the paper's brightness
# Of the paper's brightness: by how much it changes within a hundredth of the frame.  An outline is steeper, but
# for that of dark feet in generated frames: these are never so large a part of the matte as a shadow that is as steep.
GENTLE, _STEEP = 0.07, 0.13
_BLUR = 0.7 / 104  # of the frame's side, that brightness is smoothed by
_LEAST, _LARGE = 0.01, 0.1  # of the matte: less is an outline's softness; what is steep has to be more, …
_MORE = 1.4  # … also than what is gentle: beside a gentle shadow it is the object's feet
_WIDE = 0.012  # of the frame's side: from the shadow's middle to its edge; lines and letters are thinner
_MOST = 0.7  # of the matte: what takes more is the object itself
_LIKE_SHADOW = 0.35  # of what is left below may be as soft and neutral, or it is not known where the shadow ends
_PALE = 0.25  # of the outline of what is left may be faint, or the object itself is as soft
_REACH = 0.02  # of the frame's side: so far into the object's soft edge the shadowed paper is followed


@dataclass(frozen=True)
class GroundShadow:
    """Where the shadow is, and whether it can be told from the object."""

    where: Mask  # (H, W) of the matte
    is_sure: bool


def find_ground_shadow(rgb: Array, alpha: Array, paper: Array | None = None) -> GroundShadow | None:
    """What of a matte (H, W) from plain ``paper`` can be entered from there without a step, in its lower part.

    ``rgb`` (H, W, 3) is the picture as it was, sRGB.  A pale object in a soft light may be taken for a shadow, too:
    that is not sure.  None where there is none.
    """
    solid = alpha > 0.5
    if not solid.any():
        return None
    side = float(np.sqrt(alpha.size))
    share = shares_of_paper(rgb, plain_paper(rgb) if paper is None else paper)
    level = share.mean(-1)
    slope = slopes(level, side)
    neutral = share.max(-1) - share.min(-1) < _NEUTRAL
    neutral &= (ndimage.gaussian_filter(level, _BLUR * side) > _DARKEST) & (level < _LIGHTEST)
    lower = lower_part(solid)
    gentle, steep = (entered(solid, lower, neutral & (slope < most), side) for most in (GENTLE, _STEEP))
    is_steep = steep.sum() >= max(_LARGE * solid.sum(), _MORE * gentle.sum())
    where, soft = (steep, slope < _STEEP) if is_steep else (gentle, slope < GENTLE)
    soft &= neutral
    if where.sum() < _LEAST * solid.sum():
        return None
    left = solid & lower & ~where
    alike = float((left & soft).sum()) / max(int(left.sum()), 1)
    few = where.sum() <= _MOST * solid.sum()
    ground = plain_paper(rgb) if paper is None else paper
    pale = few and faint_outline(rgb, np.where(where, 0, alpha), ground) > _PALE
    return GroundShadow(np.asarray(where), bool(few and alike <= _LIKE_SHADOW and not pale))


def shares_of_paper(rgb: Array, paper: Array) -> Array:  # (H, W, 3)
    """What a picture is of its paper, in each channel: 1 is paper."""
    return np.asarray(rgb / np.maximum(paper, 1e-3))


def slopes(level: Array, side: float) -> Array:  # (H, W)
    """By how much a picture's brightness changes within a hundredth of its ``side``."""
    return np.asarray(ndimage.gaussian_gradient_magnitude(level, _BLUR * side) * side / 100)


def lower_part(solid: Mask) -> Mask:  # (H, W)
    """The rows of a matte that is not empty in which a shadow on the ground may lie."""
    rows = np.flatnonzero(solid.any(1))
    lower = np.zeros_like(solid)
    lower[int(rows[0] + _LOWER * (rows[-1] - rows[0])) :] = True
    return lower


def entered(solid: Mask, lower: Mask, soft: Mask, side: float) -> Mask:
    """What of the matte's ``lower`` part is entered from the paper through what is ``soft``, and no thin line."""
    return _wide(ndimage.binary_propagation(~solid & lower, mask=lower & (~solid | soft)) & solid, _WIDE * side)


def _wide(where: Mask, least: float) -> Mask:
    """The parts of a mask that are somewhere so deep."""
    labels, count = ndimage.label(where, np.ones((3, 3)))
    depth = ndimage.maximum(ndimage.distance_transform_edt(where), labels, np.arange(count + 1))
    return np.asarray(where & (depth >= least)[labels])


def without_ground_shadow(rgb: Array, cut: Cut, shadow: Mask) -> Cut:
    """The first separation of a picture (H, W, 3) without its shadow, whose paper is followed up to the object."""
    near, place = ndimage.distance_transform_edt(~shadow, return_indices=True)
    reach = max(2.0, _REACH * float(np.sqrt(shadow.size)))
    darker = np.where((near <= reach)[..., None], rgb[tuple(place)], cut.paper).astype(np.float32)
    solid = ~(cut.outside | shadow)
    solid &= ndimage.binary_opening(solid) | (cut.patches > 0)  # no bridges of its rim
    return replace(cut, paper=darker, outside=~solid)
