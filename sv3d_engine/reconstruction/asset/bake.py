"""Albedo as a picture: each texel asks for the colour at the point of the fine surface that it shows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree
from torch import Tensor

from ...ground.colour import to_srgb_bytes
from ...ground.progress import Progress
from .texels import RIM, Texels, chart_texels
from .topology import Floats, TriMesh, face_areas, face_normals
from .unwrap import Atlas

CANDIDATES = 4  # nearest faces looked at before the first one that looks the same way is taken
AGREE = 0.2  # cosine between normals: on a thin wall the other side is near but looks away


class FineSurface:
    """A fine mesh of fairly even triangles, asked for its points nearest to others."""

    def __init__(self, mesh: TriMesh) -> None:
        self._normals = face_normals(mesh)
        self._centres = mesh.corners.mean(1)
        self._tree = cKDTree(self._centres)
        self._reach = 4 * float(np.median(np.linalg.norm(mesh.corners[:, 1] - mesh.corners[:, 0], axis=1)))

    def nearest_points(self, points: Floats, normals: Floats) -> Floats:  # (P, 3), (P, 3) -> (P, 3)
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


Albedo = Callable[[Tensor], Tensor]  # (P, 3) float32 world points -> (P, 3) linear RGB

BATCH = 1 << 16  # points: a few hundred milliseconds' work, so that Cancel is heard
STRAY = 2 * RIM  # texels; a rim point further than this from its face comes from a distorted sliver


@dataclass(frozen=True)
class Bake:
    """An sRGB picture and the share of its texels that show the surface."""

    pixels: NDArray[np.uint8]  # (S, S, 3)
    coverage: float


def bake_albedo(
    mesh: TriMesh, atlas: Atlas, fine: FineSurface, albedo: Albedo, size: int, progress: Progress | None = None
) -> Bake:
    """Albedo texture of a simplified mesh; everything outside charts takes the colour of the nearest texel inside."""
    progress = progress or Progress()
    progress(0.0, "Baking the texture")
    texels = chart_texels(atlas.uv, atlas.faces, size)
    texel_length = np.sqrt(face_areas(mesh).sum() / max(len(texels.index), 1))
    normals = face_normals(mesh)
    pixels = np.zeros((size * size, 3), np.uint8)
    for start in range(0, len(texels.index), BATCH):
        progress(0.05 + 0.85 * start / len(texels.index))
        batch = slice(start, start + BATCH)
        points = _surface_points(mesh, texels, batch, STRAY * texel_length)
        points = fine.nearest_points(points, normals[texels.face[batch]])
        pixels[texels.index[batch]] = _coloured(albedo, points)
    progress(0.9)
    shown = np.zeros(size * size, bool)
    shown[texels.index] = True
    return Bake(fill_gutters(pixels.reshape(size, size, 3), shown.reshape(size, size)), len(texels.index) / size**2)


def fill_gutters(pixels: NDArray[np.uint8], shown: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The picture with every texel that is not ``shown`` replaced by the nearest that is."""
    if not shown.any():
        return pixels
    rows, columns = distance_transform_edt(~shown, return_distances=False, return_indices=True)
    return pixels[rows, columns]


def _surface_points(mesh: TriMesh, texels: Texels, batch: slice, stray: float) -> Floats:
    """World points of texels; on the rim the face's plane goes on, as far as that can be trusted."""
    weights, face = texels.weights[batch], texels.face[batch]
    corners = mesh.vertices[mesh.faces[face]]
    points = np.einsum("tk,tkd->td", weights, corners)
    rim = np.flatnonzero(weights.min(1) < 0)
    inside = np.clip(weights[rim], 0, None)
    inside /= inside.sum(1, keepdims=True)
    held = np.einsum("tk,tkd->td", inside, corners[rim])
    far = np.linalg.norm(points[rim] - held, axis=1) > stray
    points[rim[far]] = held[far]
    return points


def _coloured(albedo: Albedo, points: Floats) -> NDArray[np.uint8]:
    with torch.no_grad():
        colours = albedo(torch.from_numpy(points.astype(np.float32)))
    return to_srgb_bytes(colours.detach().cpu().numpy())
