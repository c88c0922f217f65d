"""Pairs of triangles become quads, where these are near a rectangle and flat; plain arrays."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.int64]

FOLD, SKEW = 40.0, 40.0  # degrees: between two triangles, and of a quad's corners from right angles


def pair_triangles(points: Floats, faces: Ints) -> tuple[Ints, Ints]:
    """Quads (Q, 4), best ones first to be made, and the triangles (T, 3) that stay.

    ``points`` (W, 3), ``faces`` (F, 3) with equal winding.  Only an edge whose ends are the same points on both sides
    is given up: where points are repeated along the seams of a UV map, no quad crosses one.
    """
    first, corner, second, other = _shared_edges(faces, len(points))
    a, b, c = (faces[first, (corner + k) % 3] for k in range(3))
    quads = np.stack([a, faces[second, other], b, c], 1)
    fold, skew = _fold(points, quads), _skew(points, quads)
    good = np.flatnonzero((fold < FOLD) & (skew < SKEW))
    ranked = good[np.argsort(fold[good] + skew[good], kind="stable")]
    chosen = ranked[_best_pairs(first[ranked], second[ranked], len(faces))]
    alone = np.ones(len(faces), bool)
    alone[first[chosen]] = alone[second[chosen]] = False
    return quads[chosen], faces[alone]


def _shared_edges(faces: Ints, count: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Of each edge with a triangle on both sides: the one, the edge's corner in it, the other, its free corner."""
    start, end = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    key, back = start * count + end, end * count + start
    order = np.argsort(key, kind="stable")
    at = np.minimum(np.searchsorted(key, back, sorter=order), len(key) - 1)
    mate = order[at]
    mine = np.arange(len(key))
    shared = np.flatnonzero((key[mate] == back) & (mine < mate) & (mate[mate] == mine))
    mate = mate[shared]
    return shared // 3, shared % 3, mate // 3, (mate % 3 + 2) % 3


def _best_pairs(first: Ints, second: Ints, count: int) -> Ints:
    """Indices of the pairs that a greedy choice from the first pair to the last takes, each face once at most."""
    rank, left, chosen = np.arange(len(first)), np.ones(len(first), bool), [np.zeros(0, np.int64)]
    while left.any():
        best = np.full(count, len(first))
        np.minimum.at(best, first[left], rank[left])
        np.minimum.at(best, second[left], rank[left])
        taken = np.flatnonzero(left & (best[first] == rank) & (best[second] == rank))
        chosen.append(taken)
        gone = np.zeros(count, bool)
        gone[first[taken]] = gone[second[taken]] = True
        left &= ~(gone[first] | gone[second])
    return np.concatenate(chosen)


def _fold(points: Floats, quads: Ints) -> Floats:
    """Degrees between the two triangles (a, b, c) and (b, a, d) of quads (a, d, b, c)."""
    a, d, b, c = (points[quads[:, k]] for k in range(4))
    return _angle(np.cross(b - a, c - a), np.cross(a - b, d - b))


def _skew(points: Floats, quads: Ints) -> Floats:
    """Degrees by which a quad's corners differ, at most, from right angles."""
    corners = points[quads]
    forward, backward = np.roll(corners, -1, 1) - corners, np.roll(corners, 1, 1) - corners
    return np.abs(_angle(forward, backward) - 90.0).max(1) if len(quads) else np.zeros(0)


def _angle(u: Floats, v: Floats) -> Floats:
    """Degrees between vectors (..., 3); 90 where one has no length."""
    lengths = np.linalg.norm(u, axis=-1) * np.linalg.norm(v, axis=-1)
    cosine = np.divide((u * v).sum(-1), lengths, out=np.zeros(lengths.shape), where=lengths > 0)
    return np.degrees(np.arccos(cosine.clip(-1.0, 1.0)))
