"""What stands apart from the object in its picture: specks, watermarks and captions, told from parts of its own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

_SEEN = 0.1  # alpha
# Lengths are shares of the longest side of the largest part, areas of its area.
_NEAR = 0.03  # what is no farther apart belongs together
_SPECK = 0.01  # area: what is less and far is none of the object's parts
_LOW, _LONG = 0.1, 3.0  # height of a line of text, and its length in heights
_TEXT = 0.06  # area of a line of text, or of several, at most
_MARGIN = 0.15  # of the picture's side: where captions and watermarks are, …
_CORNER, _LOGO = 0.2, 0.08  # … and logos, and their area
# A line round everything, and a banner along a side, as shares of the picture's sides.
_ROUND, _LINE = 0.8, 0.04  # it reaches round so much, and is so near to its own box …
_ALONG, _BANNER, _OUTER = 0.95, 0.2, 0.3  # it goes along so much of a side, is so high, and lies so far out
_WITHIN = 0.005  # of the picture has to be something else
_APART = 0.12  # of the longest side: what is farther from the object may well be another one, if it is …
_OTHER, _PAIR = 0.03, 0.5  # … no smaller than so much of it, and no larger: shoes are a pair
_DUST = 1e-3  # area of all that is left out: not worth a word


@dataclass(frozen=True)
class Island:
    """What hangs together, or lies close together, in a mask."""

    rows: tuple[int, int]  # first and one behind the last
    columns: tuple[int, int]
    area: int

    @property
    def height(self) -> int:
        return self.rows[1] - self.rows[0]

    @property
    def width(self) -> int:
        return self.columns[1] - self.columns[0]


def strays(alpha: Array) -> tuple[Mask, bool]:
    """Where a picture (H, W) shows things that are far from the object and none of its parts, and if they are worth
    a word.

    The object is the largest part with all that lies close to it.  Other parts stay unless they are specks (less than
    a hundredth of it), lines of text, or a small logo in a corner of the picture.
    """
    seen = alpha > _SEEN
    none = np.zeros(alpha.shape, bool)
    labels, count = ndimage.label(seen, np.ones((3, 3)))
    if count < 2:
        return none, False
    pieces = _measured(labels, count)
    edging = [_is_edging(labels == i, piece) for i, piece in enumerate(pieces, start=1)]
    if all(edging) or sum(p.area for p, out in zip(pieces, edging, strict=True) if not out) < _WITHIN * alpha.size:
        edging = [False] * count
    largest = int(np.argmax([0 if out else piece.area for piece, out in zip(pieces, edging, strict=True)]))
    unit = max(pieces[largest].height, pieces[largest].width)
    captions = _captions(labels, pieces, largest, unit, alpha.shape) | np.array([False, *edging])[labels]
    near = ndimage.distance_transform_edt(~seen | captions) <= 0.5 * _NEAR * unit
    groups, number = ndimage.label(near)
    groups = np.where(seen & ~captions, groups, 0)
    parts = _measured(groups, number)
    main = int(groups[labels == largest + 1].max()) - 1
    far = np.zeros(number + 1, bool)
    for i, part in enumerate(parts):
        far[i + 1] = i != main and part.area > 0 and _is_stray(part, parts[main], unit, alpha.shape)
    found = captions | far[groups]
    return np.asarray(_with_soft_rim(found, seen)), bool(found.sum() > _DUST * pieces[largest].area)


def count_apart(alpha: Array) -> int:
    """How many things are far from the object and clearly smaller, though no specks."""
    seen = alpha > _SEEN
    labels, count = ndimage.label(seen, np.ones((3, 3)))
    if count < 2:
        return 0
    largest = max(_measured(labels, count), key=lambda piece: piece.area)
    unit = max(largest.height, largest.width)
    whole = ndimage.binary_fill_holes(seen)  # what is drawn within an outline is a part of it
    groups, number = ndimage.label(ndimage.distance_transform_edt(~whole) <= 0.5 * _APART * unit)
    area = np.bincount(groups[whole], minlength=number + 1)
    return int(((area >= _OTHER * area.max()) & (area <= _PAIR * area.max())).sum())


def _is_edging(shape: Mask, piece: Island) -> bool:
    """Whether a piece (H, W) is a line round the whole picture, or a banner or line all along one of its sides."""
    sides = (shape.shape[0], shape.shape[1])
    box = shape[slice(*piece.rows), slice(*piece.columns)]
    spans = [(stop - start) / side for (start, stop), side in zip((piece.rows, piece.columns), sides, strict=True)]
    if min(spans) >= _ROUND:
        depth = max(2, round(_LINE * min(sides)))
        return bool(box[depth:-depth, depth:-depth].sum() <= 0.05 * piece.area)
    if max(spans) < _ALONG or min(spans) > _BANNER:
        return False
    across = int(np.argmin(spans))  # the axis that it is thin along
    (start, stop), side = (piece.rows, piece.columns)[across], sides[across]
    outside = stop <= _OUTER * side or start >= (1 - _OUTER) * side
    return bool(outside and ndimage.binary_fill_holes(box).mean() > 0.9)


def _measured(labels: NDArray[np.int32], count: int) -> list[Island]:
    area = np.bincount(labels.ravel(), minlength=count + 1)
    boxes = ndimage.find_objects(labels, count)
    return [
        Island((box[0].start, box[0].stop), (box[1].start, box[1].stop), int(area[i]))
        if box
        else Island((0, 0), (0, 0), 0)
        for i, box in enumerate(boxes, start=1)
    ]


def _captions(labels: NDArray[np.int32], pieces: list[Island], largest: int, unit: int, shape: tuple[int, ...]) -> Mask:
    """Lines of text along the picture's edge, lying or upright, however close to the object they are."""
    found = np.zeros(shape, bool)
    reach = 2 * max(1, round(_LOW * unit / 2)) + 1
    for line_up, across in ((np.ones((1, reach), bool), "height"), (np.ones((reach, 1), bool), "width")):
        fits = [i != largest and 0 < getattr(p, across) <= _LOW * unit for i, p in enumerate(pieces)]
        letters = np.array([False, *fits])[labels]
        if not letters.any():
            continue
        joined, count = ndimage.label(ndimage.binary_dilation(letters, line_up))
        lines = np.where(letters, joined, 0)
        chosen = np.zeros(count + 1, bool)
        for i, line in enumerate(_measured(lines, count), start=1):
            is_small = 0 < line.area <= _TEXT * pieces[largest].area
            chosen[i] = is_small and _is_text(line, unit) and _in_margin(line, shape, _MARGIN)
        found |= chosen[lines]
    return found


def _is_stray(part: Island, main: Island, unit: int, shape: tuple[int, ...]) -> bool:
    if part.area < _SPECK * main.area:
        return True
    if _is_text(part, unit) and part.area <= _TEXT * main.area:
        return True
    in_corner = _in_margin(part, shape, _CORNER, both=True)
    return in_corner and part.area <= _LOGO * main.area


def _is_text(line: Island, unit: int) -> bool:
    low, long = sorted((line.height, line.width))
    return low <= _LOW * unit and long >= _LONG * low


def _in_margin(part: Island, shape: tuple[int, ...], share: float, both: bool = False) -> bool:
    """Whether a part lies along one edge of the picture, or with ``both`` in a corner."""
    at = [
        stop <= share * side or start >= (1 - share) * side
        for (start, stop), side in zip((part.rows, part.columns), shape, strict=True)
    ]
    return all(at) if both else any(at)


def _with_soft_rim(found: Mask, seen: Mask) -> Mask:
    """What is hardly seen round it goes with it."""
    return ndimage.binary_dilation(found, iterations=2) & (found | ~seen) if found.any() else found
