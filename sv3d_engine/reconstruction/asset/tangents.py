"""Tangent space: the frame in which a normal map is written, as its readers make it (Mikkelsen 2008, MikkTSpace).

A reader shades with x·T + y·B + z·N, normalised, where T and N are interpolated and B = w · N × T; (x, y, z) is the
map's value.  glTF and Blender: x along rising u, y along rising v (up in the picture).
"""

import numpy as np

from .topology import Floats, Ints, unit


def tangents(vertices: Floats, normals: Floats, uv: Floats, faces: Ints) -> Floats:  # (W, 4)
    """Unit tangents (x, y, z) of vertices (W, 3) with unit normals (W, 3) and the sign w of their bitangents.

    As MikkTSpace: the direction of rising u in each face, laid into the vertex's tangent plane, weighted by the face's
    angle there.  Vertices are split where charts part.  MikkTSpace splits them also between faces that are mirrored in
    the atlas and faces that are not, but within a chart only folds differ: there the greater share counts.
    """
    places, charts = vertices[faces], uv.astype(np.float64)[faces]
    sides, spans = places[:, 1:] - places[:, :1], charts[:, 1:] - charts[:, :1]
    double_area = spans[:, 0, 0] * spans[:, 1, 1] - spans[:, 0, 1] * spans[:, 1, 0]
    sign = np.where(double_area > 0, 1.0, -1.0)
    along_u = (sides[:, 0] * spans[:, 1, 1:] - sides[:, 1] * spans[:, 0, 1:]) * sign[:, None]  # (F, 3)
    weight = np.where(double_area[:, None] != 0, _angles(places, normals[faces]), 0.0)  # (F, 3)

    mirrored = np.zeros(len(vertices))
    np.add.at(mirrored, faces, weight * sign[:, None])
    w = np.where(mirrored < 0, -1.0, 1.0)
    weight = np.where(sign[:, None] == w[faces], weight, 0.0)
    laid = unit(_laid(along_u[:, None], normals[faces]))
    total = np.zeros_like(vertices)
    np.add.at(total, faces, laid * weight[..., None])
    tangent = unit(total)
    lost = np.linalg.norm(tangent, axis=1) < 0.5  # no face with area in the atlas: any direction will do
    tangent[lost] = unit(_laid(np.eye(3)[np.abs(normals[lost]).argmin(1)], normals[lost]))
    return np.concatenate([tangent, w[:, None]], 1)


LEAST_Z = 0.02  # of what a texel can say; readers make black spots of normals that look into the surface


def in_tangent_space(vectors: Floats, normals: Floats, tangents: Floats) -> Floats:
    """Unit vectors (P, 3) by interpolated normals (P, 3) and tangents (P, 4): the (P, 3) that readers turn back."""
    t, n = tangents[:, :3], normals
    v_t, v_n, t_n, t_t, n_n = (_dot(a, b) for a, b in ((vectors, t), (vectors, n), (t, n), (t, t), (n, n)))
    v_b = np.sign(tangents[:, 3]) * _dot(vectors, np.cross(n, t))
    # T and N are interpolated, so neither unit nor at right angles: the inverse of (T B N), times its determinant.
    solved = unit(np.stack([v_t * n_n - v_n * t_n, v_b, v_n * t_t - v_t * t_n], 1))
    solved[:, 2] = np.maximum(solved[:, 2], LEAST_Z)
    return unit(solved)


def _dot(a: Floats, b: Floats) -> Floats:  # (P, 3), (P, 3) -> (P,)
    return np.einsum("pd,pd->p", a, b)


def _angles(places: Floats, normals: Floats) -> Floats:  # (F, 3, 3), (F, 3, 3) -> (F, 3)
    """Each corner's angle, seen along its vertex's normal."""
    after = unit(_laid(np.roll(places, -1, 1) - places, normals))
    before = unit(_laid(np.roll(places, 1, 1) - places, normals))
    return np.arccos((after * before).sum(-1).clip(-1, 1))


def _laid(vectors: Floats, normals: Floats) -> Floats:
    """Vectors (..., 3) without their share along unit normals (..., 3)."""
    return vectors - (vectors * normals).sum(-1, keepdims=True) * normals
