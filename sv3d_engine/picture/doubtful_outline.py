"""Along how much of its outline a matte is in doubt: where the object is as its paper is, or is torn for that."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

_SOLID = 0.5  # alpha
_REACH = 0.005  # of the picture's side: how far inside its outline the object has to differ …
FAINT_STEP, FAINT_SHARE = 0.12, 0.035  # … from its paper by so much, or else the matte is doubtful
TORN_SHARE = 0.2  # of the outline may be torn: round what is pale some is
HOPELESS = 0.4  # of the outline in doubt: what is cut out is not the object
# Lengths as shares of the picture's side.
_ALIKE = 0.025  # from what is as paper is, an outline may as well run elsewhere …
_NARROW = 0.02  # … in bays and holes no wider than twice that


def faint_outline(rgb: Array, alpha: Array, paper: Array, step: float = FAINT_STEP) -> float:
    """Share of the object's outline, in [0, 1], where it differs by less than ``step`` from ``paper`` (H, W, 3)."""
    outline, faint = _faint(rgb, alpha, paper, step)
    return float(faint[outline].mean()) if outline.any() else 0.0


def doubtful_outline(rgb: Array, alpha: Array, paper: Array) -> float:
    """Share of the outline, in [0, 1], that is in doubt; 0 where it is so little that it is not worth a word.

    Faint is what hardly differs from ``paper`` (H, W, 3); torn are narrow bays and holes beside parts of the object
    that are as paper is, where more of it may have been taken for paper.
    """
    outline, faint = _faint(rgb, alpha, paper, FAINT_STEP)
    if not outline.any():
        return 0.0
    torn = outline & _torn(rgb, alpha, paper)
    if faint[outline].mean() <= FAINT_SHARE and torn[outline].mean() <= TORN_SHARE:
        return 0.0
    return float((faint | torn)[outline].mean())


def _faint(rgb: Array, alpha: Array, paper: Array, step: float) -> tuple[Mask, Mask]:
    """The outline (H, W), and where nothing near it differs from paper by ``step``."""
    solid = alpha > _SOLID
    distance = np.where(solid, np.abs(rgb - paper).max(-1), 0)
    reach = max(4, round(_REACH * max(alpha.shape)))  # a JPEG blurs some 4 pixels
    outline = solid & ~ndimage.binary_erosion(solid, border_value=1)
    return outline, ndimage.maximum_filter(distance, 2 * reach + 1) < step


def _torn(rgb: Array, alpha: Array, paper: Array) -> Mask:
    solid, size = alpha > _SOLID, max(alpha.shape)
    distance = ndimage.median_filter(np.abs(rgb - paper).max(-1), 3)
    small = np.ones((3, 3), bool)
    pale = ndimage.binary_opening(solid & (distance < FAINT_STEP), small, max(1, round(size / 400)))
    if not pale.any():
        return pale
    alike = ndimage.distance_transform_edt(~pale) <= _ALIKE * size
    reach = max(2.0, _NARROW * size)
    margin = round(reach) + 2
    grown = ndimage.distance_transform_edt(~np.pad(solid, margin)) <= reach
    closed = (ndimage.distance_transform_edt(grown) > reach)[margin:-margin, margin:-margin]
    narrow = ndimage.binary_opening(closed & ~solid, small)
    return np.asarray(alike & ndimage.binary_dilation(narrow, iterations=3))
