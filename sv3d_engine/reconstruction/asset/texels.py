"""Which texel shows which point of the mesh: triangles of the atlas drawn into the texture, row by row, all at once."""

from dataclasses import dataclass

import numpy as np

from .topology import Bools, Floats, Ints

RIM = 1.5  # texels beyond a chart's edge that get a point of their own: what bilinear lookups at the edge reach
TOUCH = 0.02  # texels by which neighbours may overlap through rounding before it counts


@dataclass(frozen=True)
class Texels:
    """Texels that show the surface; the picture's first row is at v = 1."""

    index: Ints  # (T,) row · size + column, ascending
    face: Ints  # (T,)
    size: int
    corners: Floats  # (F, 3, 2) of the faces, in texels

    def weights(self, batch: slice) -> Floats:  # (P, 3)
        """Of the face's corners at the centres of some texels; outside [0, 1] on the rim."""
        return _weights(self.corners, self.face[batch], self.index[batch], self.size)


def chart_texels(uv: Floats, faces: Ints, size: int) -> Texels:
    """Texels whose centre is in a triangle, and those within RIM of a chart's edge, continued past its edge.

    ``uv`` (W, 2) in [0, 1] with v up, ``faces`` (F, 3) into it.  Where triangles overlap the later one shows.
    """
    corners = _corners(uv, faces, size)
    proper = np.abs(_double_areas(corners)) > 0
    owner = np.full(size * size, -1, np.int32)
    face, index = _fill(corners, np.flatnonzero(proper), 0.0, size)
    owner[index] = face

    face, index = _fill(corners, np.flatnonzero(proper & _touches_seam(faces)), RIM, size)
    free = owner[index] < 0
    face, index = face[free], index[free]
    depth = _depth(corners, face, index, size)
    order = np.lexsort((face, -depth, index))  # the triangle it lies least far from wins
    face, index = face[order], index[order]
    first = np.ones(len(index), bool)
    first[1:] = index[1:] != index[:-1]
    owner[index[first]] = face[first]

    index = np.flatnonzero(owner >= 0)
    face = owner[index].astype(np.int64)
    return Texels(index, face, size, corners)


def overlaps(uv: Floats, faces: Ints, size: int) -> tuple[Ints, Ints]:  # (W, 2), (F, 3) -> (T,), (O,)
    """Texels whose centre lies inside more than one triangle by TOUCH, and the faces that cover them."""
    corners = _corners(uv, faces, size)
    face, index = _fill(corners, np.flatnonzero(_double_areas(corners) != 0), -TOUCH, size)
    order = np.argsort(index, kind="stable")
    face, index = face[order], index[order]
    again = index[1:] == index[:-1]
    shared = np.concatenate([again, [False]]) | np.concatenate([[False], again])
    return np.unique(index[shared]), np.unique(face[shared])


def _corners(uv: Floats, faces: Ints, size: int) -> Floats:  # (F, 3, 2)
    """Corners of the faces in texels, whose centres are integers."""
    return np.stack([uv[:, 0], 1 - uv[:, 1]], 1).astype(np.float64)[faces] * size - 0.5


def _touches_seam(faces: Ints) -> Bools:  # (F,)
    """Faces with a corner on a chart's edge."""
    ends = np.sort(np.stack([faces.ravel(), faces[:, [1, 2, 0]].ravel()], 1), 1)
    edges, count = np.unique(ends, axis=0, return_counts=True)
    on_seam = np.zeros(faces.max(initial=-1) + 1, bool)
    on_seam[edges[count == 1].ravel()] = True
    return np.any(on_seam[faces], axis=1)


def _lines(corners: Floats) -> tuple[Floats, Floats]:  # (F, 3, 2), (F, 3)
    """Each edge as n·p + c: distance in texels, positive inside.  Edge k is opposite corner k."""
    a, b = np.roll(corners, -1, 1), np.roll(corners, -2, 1)
    along = b - a
    normal = np.stack([-along[..., 1], along[..., 0]], -1)
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    normal = np.divide(normal, length, out=np.zeros_like(normal), where=length > 0)
    side = np.einsum("fkd,fkd->fk", normal, corners - a)
    normal *= np.where(side.sum(1) < 0, -1.0, 1.0)[:, None, None]
    return normal, -np.einsum("fkd,fkd->fk", normal, a)


def _fill(corners: Floats, chosen: Ints, margin: float, size: int) -> tuple[Ints, Ints]:
    """Faces and texel indices of all centres inside the chosen triangles grown by ``margin``."""
    normal, offset = _lines(corners[chosen])
    box = corners[chosen]
    top = np.clip(np.ceil(box[..., 1].min(1) - margin), 0, size).astype(np.int64)
    bottom = np.clip(np.floor(box[..., 1].max(1) + margin), -1, size - 1).astype(np.int64)
    row_of, step = _expand(np.maximum(bottom - top + 1, 0))
    row = top[row_of] + step
    left = np.ceil(box[..., 0].min(1) - margin)[row_of]
    right = np.floor(box[..., 0].max(1) + margin)[row_of]
    for k in range(3):  # n_x·x + rest ≥ −margin bounds x from one side
        nx = normal[row_of, k, 0]
        rest = normal[row_of, k, 1] * row + offset[row_of, k] + margin + 1e-9
        with np.errstate(divide="ignore", invalid="ignore"):
            bound = -rest / nx
        left = np.where(nx > 0, np.maximum(left, np.ceil(bound)), left)
        right = np.where(nx < 0, np.minimum(right, np.floor(bound)), right)
        right = np.where((nx == 0) & (rest < 0), -1.0, right)
    left, right = np.clip(left, 0, size), np.clip(right, -1, size - 1)
    span_of, step = _expand(np.maximum(right - left + 1, 0).astype(np.int64))
    column = left[span_of].astype(np.int64) + step
    return chosen[row_of[span_of]], row[span_of] * size + column


def _expand(counts: Ints) -> tuple[Ints, Ints]:
    """For counts (2, 0, 3): owners (0, 0, 2, 2, 2) and steps (0, 1, 0, 1, 2)."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def _depth(corners: Floats, face: Ints, index: Ints, size: int) -> Floats:
    """Signed distance in texels of each centre from its triangle's lines, positive inside."""
    normal, offset = _lines(corners[face])
    centre = np.stack([index % size, index // size], 1)
    return (np.einsum("fkd,fd->fk", normal, centre) + offset).min(1)


def _double_areas(corners: Floats) -> Floats:  # (F, 3, 2) -> (F,)
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]


def _weights(corners: Floats, face: Ints, index: Ints, size: int) -> Floats:
    a, b, c = (corners[:, k] for k in range(3))
    u, v, area = b - a, c - a, _double_areas(corners)
    inverse = np.divide(1.0, area, out=np.zeros_like(area), where=area != 0)
    # Weights of corners 1 and 2 are linear in the texel's place: per face a gradient, per texel two products.
    gradient = np.stack([v[:, 1], -v[:, 0], -u[:, 1], u[:, 0]], 1) * inverse[:, None]
    x, y = index % size - a[face, 0], index // size - a[face, 1]
    g = gradient[face]
    w1, w2 = g[:, 0] * x + g[:, 1] * y, g[:, 2] * x + g[:, 3] * y
    return np.stack([1 - w1 - w2, w1, w2], 1)
