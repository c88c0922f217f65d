"""Normals that are smooth over curves and break at edges."""

import math

import numpy as np

from .shapes.solid import Floats, Ints

CREASE_DEG = 40.0  # faces that meet at less are one smooth surface


def creased(vertices: Floats, faces: Ints, crease_deg: float = CREASE_DEG) -> tuple[Floats, Ints, Floats]:
    """Vertices doubled along edges, so that each has one normal: vertices (W, 3), faces (F, 3), normals (W, 3).

    A corner's normal is the area-weighted mean of the faces round its vertex that face almost the same way.
    """
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    unit = normal / np.maximum(length, 1e-30)
    corner = faces.reshape(-1)
    owner = np.repeat(np.arange(len(faces)), 3)
    order = np.argsort(corner, kind="stable")
    corner, owner = corner[order], owner[order]
    total = np.zeros((len(corner), 3))
    start = np.searchsorted(corner, corner)
    count = np.searchsorted(corner, corner, side="right") - start
    alike = math.cos(math.radians(crease_deg))
    # The k-th face round every vertex at once; fans have one vertex with many, so the loop goes by shrinking lists.
    left = np.arange(len(corner))
    k = 0
    while len(left := left[count[left] > k]):
        other = owner[start[left] + k]
        agrees = np.einsum("nd,nd->n", unit[owner[left]], unit[other]) > alike
        total[left] += agrees[:, None] * normal[other]
        k += 1
    total /= np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-30)
    # Corners of one vertex whose normals came out equal are one vertex again.
    key = np.concatenate([corner[:, None], np.rint(total * 512)], 1).astype(np.int64)
    packed = ((key[:, 0] * 1200 + key[:, 1] + 600) * 1200 + key[:, 2] + 600) * 1200 + key[:, 3] + 600
    _, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
    split = np.empty(len(corner), np.int64)
    split[order] = inverse
    return vertices[corner[first]], split.reshape(-1, 3), total[first]
