"""Faces of a mesh that cut through each other."""

import numpy as np
from scipy.spatial import cKDTree

from .topology import Bools, Floats, Ints, TriMesh

MOST_PAIRS = 12_000_000  # near pairs; more come of very uneven faces, and would take minutes


def crossing_faces(mesh: TriMesh) -> int | None:
    """How many faces an edge of another one runs through; None if too many pairs are near.

    Faces that share a corner, and such as lie in one plane, are not compared.
    """
    pairs = _near_pairs(mesh)
    if pairs is None:
        return None
    first, second = pairs.T
    shared = (mesh.faces[first][:, :, None] == mesh.faces[second][:, None, :]).any((1, 2))
    corners = mesh.corners
    low, high = corners.min(1), corners.max(1)
    boxed = ((low[first] <= high[second]) & (low[second] <= high[first])).all(1)
    first, second = first[boxed & ~shared], second[boxed & ~shared]
    crossed = np.zeros(len(first), bool)
    for k in range(3):
        start, end = k, (k + 1) % 3
        crossed |= _hits(corners[first, start], corners[first, end], corners[second])
        crossed |= _hits(corners[second, start], corners[second, end], corners[first])
    return len(np.unique(np.concatenate([first[crossed], second[crossed]])))


def _near_pairs(mesh: TriMesh) -> Ints | None:  # (P, 2)
    """Pairs of faces whose circles round the middle touch, and some more."""
    middle = mesh.corners.mean(1)
    reach = np.linalg.norm(mesh.corners - middle[:, None], axis=2).max(1)
    tree = cKDTree(middle)
    # Large faces are asked singly: their reach for all would pair everything with everything.
    large = reach > 3 * np.median(reach)
    radius = 2 * reach[~large].max(initial=0.0)
    large_pairs = tree.query_ball_point(middle[large], reach[large] + reach.max(initial=0.0))
    number = sum(map(len, large_pairs))
    if number + tree.count_neighbors(tree, radius) // 2 > MOST_PAIRS:
        return None
    found = [tree.query_pairs(radius, output_type="ndarray")]
    for face, near in zip(np.flatnonzero(large), large_pairs, strict=True):
        found.append(np.stack([np.full(len(near), face), near], 1))
    pairs = np.sort(np.concatenate(found).astype(np.int64), 1)
    return pairs[pairs[:, 0] != pairs[:, 1]]


def _hits(start: Floats, end: Floats, triangle: Floats) -> Bools:  # (P, 3), (P, 3), (P, 3, 3) -> (P,)
    """Whether each segment runs through its triangle (Segura & Feito 2001: signs of five volumes)."""
    a, b, c = np.moveaxis(triangle, 1, 0)

    def volume(p: Floats, q: Floats, r: Floats, s: Floats) -> Floats:
        return np.einsum("pk,pk->p", np.cross(q - p, r - p), s - p)

    sides = volume(a, b, c, start) * volume(a, b, c, end) < 0
    one, two, three = (volume(start, end, p, q) for p, q in ((a, b), (b, c), (c, a)))
    result: Bools = sides & (((one > 0) & (two > 0) & (three > 0)) | ((one < 0) & (two < 0) & (three < 0)))
    return result
