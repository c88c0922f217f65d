"""From the light mesh back to the fine one it stands for."""

import numpy as np
from scipy.spatial import cKDTree

from .topology import Floats, TriMesh, face_normals

CANDIDATES = 4  # nearest faces looked at before the first one that looks the same way is taken
AGREE = 0.2  # cosine between normals: on a thin wall the other side is near but looks away


class FineSurface:
    """Nearest-point questions to a fine mesh of fairly even triangles."""

    def __init__(self, mesh: TriMesh) -> None:
        self._normals = face_normals(mesh)
        self._centres = mesh.corners.mean(1)
        self._tree = cKDTree(self._centres)
        self._reach = 4 * float(np.median(np.linalg.norm(mesh.corners[:, 1] - mesh.corners[:, 0], axis=1)))

    def project(self, points: Floats, normals: Floats) -> Floats:  # (P, 3), (P, 3) -> (P, 3)
        """Points moved along the fine surface's normal onto it.

        Moving to the plane of the nearest like-facing face, not into the face, keeps the place along the surface
        to second order, so that textures do not stick to the middles of faces.  Points with no such face near stay.
        """
        _, face = self._tree.query(points, k=CANDIDATES, workers=-1)
        agrees = np.einsum("pkd,pd->pk", self._normals[face], normals) > AGREE
        face = face[np.arange(len(points)), agrees.argmax(1)]
        height = np.einsum("pd,pd->p", points - self._centres[face], self._normals[face])
        height[~agrees.any(1) | (np.abs(height) > self._reach)] = 0
        return points - height[:, None] * self._normals[face]
