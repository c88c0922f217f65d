"""The exactly nearest place on any triangles, however uneven: a tree of boxes, split at the middle."""

import numpy as np

from ...ground.kernels import jit, parallel_jit, prange
from ...reconstruction.asset.nearest import on_triangle
from ...reconstruction.asset.topology import Floats, Ints

LEAF = 4  # triangles, at most
_DEEPEST = 64  # boxes that wait to be looked into


class TriangleTree:
    """Triangles (F, 3, 3), at least one with an area, asked for those nearest to points.

    Boxes are numbered as in a heap: the halves of box n are 2n + 1 and 2n + 2; all leaves lie at one depth.
    """

    def __init__(self, corners: Floats) -> None:
        a, b, c = np.asarray(corners, np.float64).swapaxes(0, 1)
        self._given = np.flatnonzero(np.cross(b - a, c - a).any(1))  # what has no area belongs to its neighbours
        self._corners = np.ascontiguousarray(corners, np.float64)[self._given]
        count = len(self._corners)
        depth = max(0, int(np.ceil(np.log2(count / LEAF)))) if count > LEAF else 0
        self._first_leaf = 2**depth - 1
        boxes = 2 ** (depth + 1) - 1
        self._order = np.arange(count)
        ranges = [(0, count)]
        low, high = self._corners.min(1), self._corners.max(1)
        middle = (low + high) / 2
        self._low, self._high = np.empty((boxes, 3)), np.empty((boxes, 3))
        self._range = np.empty((boxes, 2), np.int64)
        for box in range(boxes):
            start, end = ranges[box]
            mine = self._order[start:end]
            self._range[box] = start, end
            self._low[box], self._high[box] = low[mine].min(0), high[mine].max(0)
            if box < self._first_leaf:
                half = (end - start) // 2
                axis = int(np.ptp(middle[mine], axis=0).argmax())
                self._order[start:end] = mine[np.argpartition(middle[mine, axis], half)]
                ranges += [(start, start + half), (start + half, end)]

    def nearest(self, points: Floats) -> tuple[Floats, Ints]:
        """Distance (P,) from each point (P, 3) to the nearest triangle, and which that is (P,)."""
        distance, face = np.empty(len(points)), np.empty(len(points), np.int64)
        _nearest(
            np.ascontiguousarray(points, np.float64),
            self._corners,
            self._order,
            self._range,
            self._low,
            self._high,
            self._first_leaf,
            distance,
            face,
        )
        return distance, self._given[face]


@jit
def _to_box(point, low, high):
    """Squared distance."""
    total = np.float64(0)
    for i in range(3):
        apart = max(low[i] - point[i], point[i] - high[i], 0.0)
        total += apart * apart
    return total


@jit
def _to_triangle(point, corners):
    """Squared distance."""
    wb, wc = on_triangle(point, corners[0], corners[1], corners[2])
    total = np.float64(0)
    for i in range(3):
        place = (1 - wb - wc) * corners[0, i] + wb * corners[1, i] + wc * corners[2, i]
        total += (point[i] - place) ** 2
    return total


@parallel_jit
def _nearest(points, corners, order, ranges, low, high, first_leaf, distance, face):
    for p in prange(len(points)):
        waiting = np.empty(_DEEPEST, np.int64)
        waiting[0], count = 0, 1
        best, found = np.inf, -1
        while count > 0:
            count -= 1
            box = waiting[count]
            if _to_box(points[p], low[box], high[box]) >= best:
                continue
            if box >= first_leaf:
                for k in range(ranges[box, 0], ranges[box, 1]):
                    apart = _to_triangle(points[p], corners[order[k]])
                    if apart < best:
                        best, found = apart, order[k]
                continue
            one, other = 2 * box + 1, 2 * box + 2
            if _to_box(points[p], low[one], high[one]) < _to_box(points[p], low[other], high[other]):
                one, other = other, one
            waiting[count], waiting[count + 1] = one, other  # the nearer is looked into first
            count += 2
        distance[p], face[p] = np.sqrt(best), found
