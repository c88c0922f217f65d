"""Drawings on paper, of lines alone or coloured in, told from photographs, and filled with the paper they enclose."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

_LINE = 0.045  # of the drawing's longer side: thicker is no line
_LINES = 0.25  # of all that is drawn has to be lines; the rest is filled in with the same ink, as hair is
_EVEN = 0.6  # of the lines' usual thickness by which half of it may differ
_INK = 0.2  # by which half of the lines' middles may differ in each channel, and most of all that is drawn
_DARK = 0.25  # from paper, at the least
_GAPS = (0.012, 0.025, 0.06)  # of the longer side: so wide gaps in lines are closed, …
_OPENED = 1.5  # … the wider ones only where they leave so many times less enclosed
_ENCLOSED = 0.25  # of a drawing of lines has to be paper within them, or there is nothing to fill
_STEP = 0.3  # within two pixels, at half of the places where a line ends
# A drawing that is coloured in, as a cartoon's figure is with its white eyes: so much of its outline is of one ink, …
_OUTLINED, _ONE_INK = 0.85, 0.15  # … which may differ by so much in each channel, …
_COLOURED = 0.4  # … what is within so much of the line is coloured, …
_AREA = 0.25  # … and that is so much of the drawing; a chair's dark frame has cushions, but not along all of it


def enclosed_paper(rgb: Array, paper: Array, solid: Mask) -> Mask | None:
    """The paper (H, W) that a drawing's lines enclose; None where the picture is no drawing.

    ``solid`` (H, W) is what differs from ``paper`` (H, W, 3).  Lines are thin against the whole, of even thickness and
    of one ink; what is photographed or rendered is shaded, so a ring or a handle stays open.  A drawing that is
    coloured in has such a line all round.
    """
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    if not len(rows):
        return None
    size = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    if not _is_drawn(rgb, paper, solid, float(size)):
        if not _is_outlined(rgb, paper, solid, float(size)):
            return None
        reach = max(1, round(_GAPS[0] * size / 2))
        enclosed = _deep(_enclosed(solid, reach), 1.5 * reach)
        return enclosed if enclosed.any() else None
    filled = np.zeros_like(solid)
    for gap in _GAPS:
        wide = _enclosed(solid, max(1, round(gap * size / 2)))
        if wide.sum() > _OPENED * filled.sum():
            filled = wide
    return filled if filled.sum() >= _ENCLOSED * (solid | filled).sum() else None


def _deep(where: Mask, least: float) -> Mask:  # (H, W)
    """The parts of a mask that are somewhere so deep: no chinks between fingers, no corners."""
    labels, count = ndimage.label(where)
    depth = ndimage.maximum(ndimage.distance_transform_edt(where), labels, np.arange(count + 1))
    return np.asarray(where & (depth >= least)[labels])


def _enclosed(solid: Mask, reach: int) -> Mask:  # (H, W)
    """What lies within lines whose gaps, up to two ``reach`` wide, are closed."""
    shape = np.pad(solid, 2 * reach)
    grown = ndimage.distance_transform_edt(~shape) <= reach
    inside = ndimage.binary_fill_holes(grown)
    # Back from where the grown lines were: paper outside comes as close to the lines as it was.
    kept = ndimage.distance_transform_edt(np.pad(inside, 1, constant_values=False))[1:-1, 1:-1] > reach
    within = (kept | shape)[2 * reach : -2 * reach, 2 * reach : -2 * reach] & ~solid
    return np.asarray((ndimage.binary_fill_holes(solid) | within) & ~solid)


def share_of_drawn_holes(rgb: Array, paper: Array, solid: Mask) -> float:
    """Of what an outline encloses, the part that is open; 0 where its rims are not of one ink, as drawn ones are."""
    holes = ndimage.binary_fill_holes(solid) & ~solid
    rim = solid & ndimage.binary_dilation(holes, iterations=2)
    if not rim.any():
        return 0.0
    low, high = np.quantile(_strongest(rgb, paper, rim)[rim], (0.1, 0.9), axis=0)
    return float(holes.sum() / (solid | holes).sum()) if (high - low).max() <= _INK else 0.0


def _is_drawn(rgb: Array, paper: Array, solid: Mask, size: float) -> bool:
    depth = ndimage.distance_transform_edt(np.pad(solid, 1))[1:-1, 1:-1]
    middle = solid & (depth >= ndimage.maximum_filter(depth, 3))
    thin = middle & (2 * depth <= _LINE * size)
    if not thin.any() or thin.sum() < 0.5 * middle.sum():
        return False
    thick = ndimage.distance_transform_edt(depth <= _LINE * size / 2) > _LINE * size / 2
    lines = solid & thick
    if lines.sum() < _LINES * solid.sum():
        return False
    widths = 2 * depth[thin]
    low, usual, high = np.quantile(widths, (0.25, 0.5, 0.75))
    if (high - low) > max(_EVEN * usual, 1.0):
        return False
    strokes = _strongest(rgb, paper, thin)
    low, high = np.quantile(strokes[thin], (0.25, 0.75), axis=0)
    least, most = (
        np.quantile(strokes[solid & (depth > 1.5)], (0.1, 0.9), axis=0) if (depth > 1.5).any() else (low, high)
    )
    contrast = np.abs(strokes - paper)[thin].max(-1)
    one_ink = (high - low).max() <= _INK and (most - least).max() <= 1.5 * _INK
    return bool(one_ink and np.quantile(contrast, 0.25) >= _DARK)


def _is_outlined(rgb: Array, paper: Array, solid: Mask, size: float) -> bool:
    """Whether a thin dark line runs round what is coloured."""
    within = ndimage.binary_fill_holes(solid)
    rim = within & ~ndimage.binary_erosion(within, iterations=2)
    strokes = _strongest(rgb, paper, rim)
    ink = np.median(strokes[rim], 0)
    if np.abs(ink - paper).max(-1)[rim].mean() < _DARK:
        return False
    if (np.abs(strokes - ink).max(-1)[rim] <= _ONE_INK).mean() < _OUTLINED:
        return False
    inked = solid & (np.abs(rgb - ink).max(-1) <= _INK)
    coloured = ndimage.binary_opening(solid & ~ndimage.binary_dilation(inked, iterations=2), np.ones((3, 3)))
    if coloured.sum() < _AREA * within.sum():
        return False
    if (ndimage.distance_transform_edt(~coloured)[rim] <= _LINE * size).mean() < _COLOURED:
        return False
    # Where a line ends there is a step; what is round and lit from the front only grows darker towards its rim.
    edge = inked & ndimage.binary_dilation(solid & ~inked, iterations=2) & ~rim
    steps = np.stack([ndimage.morphological_gradient(channel, 5) for channel in np.moveaxis(rgb, -1, 0)]).max(0)
    return bool(edge.any() and np.median(steps[edge]) >= _STEP)


def _strongest(rgb: Array, paper: Array, at: Mask) -> Array:
    """Each channel as far from paper as it comes within a pixel: a hair line's middle lies between two pixels."""
    lighter = np.median((rgb - paper)[at], 0) > 0
    extremes = [
        (ndimage.maximum_filter if up else ndimage.minimum_filter)(rgb[..., i], 3) for i, up in enumerate(lighter)
    ]
    return np.stack(extremes, -1)
