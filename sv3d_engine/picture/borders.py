"""Bars and page borders round a picture: plain strips that are no part of it, found so that they can be cut off."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]
Window = tuple[slice, slice]  # rows and columns

_LAYERS = 4  # a letterboxed film in a screenshot of a page, and a line round it
# Tolerances for what compression leaves in a strip of one colour, the largest first: it is strongest beside the step.
_PLAIN = (28 / 255, 12 / 255, 4 / 255)
_FILLED = 0.35  # of a row has to be something else than the bar: dark scenes have much black of their own
_STRAIGHT = 0.5  # of each side has to be a step between the bar and something else, …
_STRAIGHT_ALL = 0.7  # … and of all sides together
_STEP, _EVEN = 5 / 255, 8 / 255  # such a step at the least, from a bar that is of one colour up to there
_CLEAN = 0.02  # of a side: so much may cross it; an object that reaches over the side is cut through by no bar
_LITTER = 0.08  # of what lies outside may be something else: a caption, buttons
_LEAST = 0.25  # of the picture: a smaller rectangle on a page is a thing
_CORNER = 0.02  # of the shorter side of the rectangle: where things are rounded off that pictures are not
_SMALLEST = 16  # pixels


def content_window(rgb: Array) -> Window:
    """The part of a picture (H, W, 3) inside of bars of any plain colour, or of the page that it lies on.

    All of it where there are none.  Bars end along straight lines from side to side and leave a rectangle of at least
    a quarter of the picture with sharp corners, which nothing reaches over.
    """
    top, left = 0, 0
    bottom, right = rgb.shape[:2]
    for _ in range(_LAYERS):
        inner = _inside_one(rgb[top:bottom, left:right])
        if inner is None:
            break
        rows, columns = inner
        top, bottom = top + rows.start, top + rows.stop
        left, right = left + columns.start, left + columns.stop
    return slice(top, bottom), slice(left, right)


def is_whole(window: Window, shape: tuple[int, ...]) -> bool:
    """Whether the window is the whole of a picture of this shape (H, W, …)."""
    return all(part.stop - part.start == side for part, side in zip(window, shape[:2], strict=True))


def is_rectangle(solid: Mask) -> Window | None:
    """The box of a shape (H, W) that is nothing but a rectangle along the picture's sides, else None."""
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    if not len(rows):
        return None
    box = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    inside = solid[box]
    if min(inside.shape) < _SMALLEST:
        return None
    edges = np.concatenate([inside[0], inside[-1], inside[:, 0], inside[:, -1]])
    return box if inside.mean() > 1 - _CLEAN and edges.mean() > 1 - _CLEAN and _has_corners(inside) else None


def _inside_one(rgb: Array) -> Window | None:
    """What one layer of bars or border leaves; None where there is none."""
    if min(rgb.shape[:2]) < 2 * _SMALLEST:
        return None
    lines = (rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1])
    tried: list[Array] = []
    for line in lines:
        colour = np.median(line, 0).astype(np.float32)
        if any(np.abs(colour - other).max() < _PLAIN[-1] for other in tried):
            continue
        tried.append(colour)
        distance = np.abs(rgb - colour).max(-1)
        for tolerance in _PLAIN:
            if window := _within(distance, tolerance):
                return window
    return None


def _within(distance: Array, tolerance: float) -> Window | None:
    """The rectangle that strips of one colour leave; None where they leave none.

    ``distance`` (H, W) is each pixel's from that colour.
    """
    other = distance > tolerance
    window = _rectangle(other)
    if window is None:
        return None
    rows, columns = window
    height, width = other.shape
    size = (rows.stop - rows.start, columns.stop - columns.start)
    if is_whole(window, other.shape) or min(size) < _SMALLEST or size[0] * size[1] < _LEAST * other.size:
        return None
    outside = np.ones_like(other)
    outside[window] = False
    if other[outside].mean() > _LITTER:
        return None
    across, along = distance[:, columns], distance[rows].T
    sides = [
        _side(across, tolerance, rows.start, -1) if rows.start else None,
        _side(across, tolerance, rows.stop - 1, 1) if rows.stop < height else None,
        _side(along, tolerance, columns.start, -1) if columns.start else None,
        _side(along, tolerance, columns.stop - 1, 1) if columns.stop < width else None,
    ]
    there = [side for side in sides if side is not None]
    if min(there) < _STRAIGHT or np.mean(there) < _STRAIGHT_ALL:
        return None
    on_page = len(there) == 4 and min(rows.start, columns.start, height - rows.stop, width - columns.stop) > 2
    return window if not on_page or _has_corners(other[window]) else None


def _rectangle(other: Mask) -> Window | None:
    """Rows and columns that are filled, found in turn, so that captions outside do not count."""
    rows, columns = slice(0, other.shape[0]), slice(0, other.shape[1])
    for _ in range(3):
        found_rows = _longest(other[:, columns].mean(1) >= _FILLED)
        if found_rows is None:
            return None
        found_columns = _longest(other[found_rows].mean(0) >= _FILLED)
        if found_columns is None:
            return None
        if (found_rows, found_columns) == (rows, columns):
            break
        rows, columns = found_rows, found_columns
    return rows, columns


def _longest(filled: Mask) -> slice | None:
    """From the first to the last filled line of the longest stretch; dark lines within a scene do not part it."""
    gap = max(1, len(filled) // 20)
    joined = ndimage.binary_closing(np.pad(filled, gap), np.ones(2 * gap + 1, bool))[gap:-gap]
    labels, count = ndimage.label(joined)
    if not count:
        return None
    longest = int(np.argmax(np.bincount(labels)[1:])) + 1
    found = np.flatnonzero(labels == longest)
    return slice(int(found[0]), int(found[-1]) + 1)


def _side(distance: Array, tolerance: float, line: int, way: int) -> float:
    """Share of a side's length where bar turns into something else just there; 0 where much reaches over it.

    ``line`` is the first row of the window, ``way`` the direction out of it; a pixel or two of blur are left aside.
    A backdrop that grows darker is no bar: it is not of one colour, and takes no step.
    """
    height = len(distance)
    room = line if way < 0 else height - 1 - line  # rows outside
    skip = 0 if room <= 4 else 2
    outer = distance[[line + way * step for step in range(1 + skip, min(4 + skip, room) + 1)]]
    inner = distance[[line - way * step for step in range(2, 6)]].max(0)
    crossing = outer.min(0) > tolerance
    if crossing.mean() > _CLEAN or np.median(outer) > _EVEN:
        return 0.0
    stepped = (inner > tolerance) & (inner - np.median(outer, 0) > _STEP)
    return float((~crossing & stepped).mean())


def _has_corners(other: NDArray[Any]) -> bool:
    """Whether a rectangle is filled right into its corners; one may be of the bars' own colour."""
    side = max(3, round(_CORNER * min(other.shape)))
    corners = (other[:side, :side], other[:side, -side:], other[-side:, :side], other[-side:, -side:])
    return sum(bool(corner.mean() > 0.6) for corner in corners) >= 3
