"""A mesh as a camera sees it, by NumPy alone.

Blender's own ways will not do: EEVEE and the viewport want a graphics card, which no farm and no test has; Cycles takes
seconds a frame and the artist's render settings with it; and all of them draw the scene, not the one mesh.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CHUNK = 1 << 21  # places tried at a time


@dataclass(frozen=True)
class View:
    """A square view; ``to_camera`` is (4, 4) from the mesh's space, the camera looking along −Z with Y up."""

    to_camera: NDArray[np.float64]
    half: float  # tangent of half the field of view
    side: int  # pixels


@dataclass(frozen=True)
class Seen:
    """What is seen in the pixels that show the mesh: N of them."""

    pixels: NDArray[np.intp]  # (N,) row · side + column, the lowest row first
    triangles: NDArray[np.intp]  # (N,)
    weights: NDArray[np.float32]  # (N, 3) of the triangle's corners, as they are in space


def rasterize(points: NDArray[np.floating], triangles: NDArray[np.integer], view: View) -> Seen:  # (V, 3), (T, 3)
    """The nearest triangle in the middle of each pixel, from either side.  Those behind the camera are left out."""
    placed = points @ view.to_camera[:3, :3].T + view.to_camera[:3, 3]
    depth = -placed[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        screen = (placed[:, :2] / (depth[:, None] * view.half) + 1) * (view.side / 2)
    corners = screen[triangles]  # (T, 3, 2)
    kept = np.flatnonzero((depth[triangles] > 1e-6).all(1) & np.isfinite(corners).all((1, 2)))
    corners, near = corners[kept], 1 / depth[triangles[kept]]
    (ax, ay), (bx, by), (cx, cy) = corners.transpose(1, 2, 0)
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    # Pixels whose middles lie in the triangle's box.
    low = np.ceil(corners.min(1).clip(0, view.side) - 0.5).astype(np.intp)
    high = np.floor(corners.max(1).clip(0, view.side) - 0.5).astype(np.intp) + 1
    width, height = (high - low).clip(0).T
    count = np.where(np.abs(area) > 1e-12, width * height, 0)
    found: list[tuple[NDArray, ...]] = []
    for some in _chunks(count):
        which = np.repeat(some, count[some])
        nth = np.arange(len(which)) - np.repeat(count[some].cumsum() - count[some], count[some])
        column, row = low[which, 0] + nth % width[which], low[which, 1] + nth // width[which]
        x, y = column + 0.5, row + 0.5
        w0 = ((bx[which] - x) * (cy[which] - y) - (by[which] - y) * (cx[which] - x)) / area[which]
        w1 = ((cx[which] - x) * (ay[which] - y) - (cy[which] - y) * (ax[which] - x)) / area[which]
        flat = np.stack([w0, w1, 1 - w0 - w1], 1)
        inside = (flat >= -1e-9).all(1)
        which, flat = which[inside], flat[inside]
        bent = flat * near[which]  # perspective: what has been divided by the depth is linear in the picture
        nearness = bent.sum(1)
        found.append((row[inside] * view.side + column[inside], which, bent / nearness[:, None], nearness))
    if not found:
        return Seen(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros((0, 3), np.float32))
    pixel, which, weights, nearness = (np.concatenate(parts) for parts in zip(*found, strict=True))
    first = np.full(view.side**2, -1, np.intp)
    order = nearness.argsort(kind="stable")
    first[pixel[order]] = order  # the last that is written stays: the nearest
    shown = first[first >= 0]
    return Seen(pixel[shown], kept[which[shown]], weights[shown].astype(np.float32))


def _chunks(count: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """The triangles in runs whose boxes together hold about so many pixels as fit into memory."""
    ends = count.cumsum()
    start = 0
    while start < len(count):
        before = ends[start - 1] if start else 0
        stop = max(int(np.searchsorted(ends, before + _CHUNK, "right")), start + 1)
        yield np.arange(start, stop)
        start = stop
