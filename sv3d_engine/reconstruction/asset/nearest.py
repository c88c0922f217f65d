"""The point of a mesh nearest to another, and what is interpolated there."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ...ground.kernels import jit, parallel_jit, prange
from .topology import Bools, Floats, Ints, TriMesh, face_normals

CANDIDATES = 8  # faces with the nearest middles: among them the nearest face is looked for
AGREE = 0.2  # cosine between normals: on a thin wall the other side is near but looks away


@dataclass(frozen=True)
class Places:
    """Places on a mesh."""

    face: Ints  # (P,) −1 where the mesh has none near that looks the same way
    weights: Floats  # (P, 3) of the face's corners

    def of(self, chosen: Bools) -> "Places":
        """Some of them."""
        return Places(self.face[chosen], self.weights[chosen])


class NearestFaces:
    """A mesh of fairly even triangles, asked for its points nearest to others."""

    def __init__(self, mesh: TriMesh) -> None:
        self.mesh = mesh
        self._normals = face_normals(mesh)
        self._tree = cKDTree(mesh.corners.mean(1))
        self._reach = 4 * float(np.median(np.linalg.norm(mesh.corners[:, 1] - mesh.corners[:, 0], axis=1)))

    def nearest(self, points: Floats, normals: Floats, group: Ints) -> Places:
        """For each point (P, 3) the nearest of the surface whose normal agrees with (P, 3).

        Points of one ``group`` (P,) lie together, much nearer than the fine faces are large, and share one search.
        """
        _, first, member = np.unique(group, return_index=True, return_inverse=True)
        _, candidates = self._tree.query(points[first], k=min(CANDIDATES, len(self._normals)), workers=-1)
        candidates = candidates.reshape(len(first), -1)
        face, weights = np.empty(len(points), np.int64), np.empty((len(points), 3))
        corners = self.mesh.vertices[self.mesh.faces[candidates.ravel()]].reshape(*candidates.shape, 3, 3)
        _nearest(points, normals, member, candidates, corners, self._normals, self._reach**2, face, weights)
        return Places(face, weights)

    def at(self, places: Places) -> Floats:  # (P, 3)
        """Points of places that have a face."""
        return blend(self.mesh.vertices, self.mesh.faces, places.face, places.weights)


def blend(values: Floats, faces: Ints, face: Ints, weights: Floats) -> Floats:
    """Values (V, C) of the corners of ``faces`` (F, 3) in faces (P,) by weights (P, 3): (P, C)."""
    blended = np.empty((len(face), values.shape[1]))
    _blend(np.ascontiguousarray(values, np.float64), faces, face, weights, blended)
    return blended


@parallel_jit
def _blend(values, faces, face, weights, blended):
    for p in prange(len(face)):
        a, b, c = faces[face[p], 0], faces[face[p], 1], faces[face[p], 2]
        for k in range(values.shape[1]):
            blended[p, k] = weights[p, 0] * values[a, k] + weights[p, 1] * values[b, k] + weights[p, 2] * values[c, k]


@jit
def _dot(a, b, c, d):
    """(b − a) · (d − c)."""
    return (b[0] - a[0]) * (d[0] - c[0]) + (b[1] - a[1]) * (d[1] - c[1]) + (b[2] - a[2]) * (d[2] - c[2])


@jit
def on_triangle(p, a, b, c):  # noqa: PLR0911  (a case for each corner, each side and the inside)
    """Weights of b and c at the triangle's point nearest to p (Ericson, Real-Time Collision Detection, 5.1.5)."""
    ab_ap, ac_ap = _dot(a, b, a, p), _dot(a, c, a, p)
    if ab_ap <= 0 and ac_ap <= 0:
        return 0.0, 0.0
    ab_bp, ac_bp = _dot(a, b, b, p), _dot(a, c, b, p)
    if ab_bp >= 0 and ac_bp <= ab_bp:
        return 1.0, 0.0
    ab_cp, ac_cp = _dot(a, b, c, p), _dot(a, c, c, p)
    if ac_cp >= 0 and ab_cp <= ac_cp:
        return 0.0, 1.0
    wc = ab_ap * ac_bp - ab_bp * ac_ap
    if wc <= 0 and ab_ap >= 0 and ab_bp <= 0:
        return ab_ap / (ab_ap - ab_bp), 0.0
    wb = ab_cp * ac_ap - ab_ap * ac_cp
    if wb <= 0 and ac_ap >= 0 and ac_cp <= 0:
        return 0.0, ac_ap / (ac_ap - ac_cp)
    wa = ab_bp * ac_cp - ab_cp * ac_bp
    along, back = ac_bp - ab_bp, ab_cp - ac_cp
    if wa <= 0 and along >= 0 and back >= 0:
        share = along / (along + back)
        return 1 - share, share
    return wb / (wa + wb + wc), wc / (wa + wb + wc)


@parallel_jit
def _nearest(points, normals, member, candidates, corners, face_normals, reach, face, weights):
    for p in prange(len(points)):
        m = member[p]
        best, face[p] = reach, -1
        for k in range(candidates.shape[1]):
            f = candidates[m, k]
            agree = np.float64(0)
            for i in range(3):
                agree += face_normals[f, i] * normals[p, i]
            if agree <= AGREE:
                continue
            wb, wc = on_triangle(points[p], corners[m, k, 0], corners[m, k, 1], corners[m, k, 2])
            distance = np.float64(0)
            for i in range(3):
                place = (1 - wb - wc) * corners[m, k, 0, i] + wb * corners[m, k, 1, i] + wc * corners[m, k, 2, i]
                distance += (points[p, i] - place) ** 2
            if distance < best:
                best, face[p] = distance, f
                weights[p, 0], weights[p, 1], weights[p, 2] = 1 - wb - wc, wb, wc
