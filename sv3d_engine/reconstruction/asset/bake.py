"""Material as pictures: each texel asks the paint about the point of the fine surface that it shows."""

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

    def nearest(self, points: Floats, normals: Floats) -> tuple[Floats, Floats]:  # (P, 3) each -> (P, 3) each
        """Points moved along the fine surface's normal onto it, and that normal.

        Moving to the plane of the nearest like-facing face, not into the face, keeps the place along the surface
        to second order, so that textures do not stick to the middles of faces.  Points with no such face near stay.
        """
        _, face = self._tree.query(points, k=CANDIDATES, workers=-1)
        agrees = np.einsum("pkd,pd->pk", self._normals[face], normals) > AGREE
        face = face[np.arange(len(points)), agrees.argmax(1)]
        height = np.einsum("pd,pd->p", points - self._centres[face], self._normals[face])
        height[~agrees.any(1) | (np.abs(height) > self._reach)] = 0
        return points - height[:, None] * self._normals[face], self._normals[face]


# World points (P, 3) of the fine surface and its unit normals (P, 3), float32, to (P, 6) in [0, 1]: linear base colour
# (3), roughness, metallic and evidence, which tells how well the frames show the place.
Paint = Callable[[Tensor, Tensor], Tensor]

BATCH = 1 << 16  # points: a few hundred milliseconds' work, so that Cancel is heard
STRAY = 2 * RIM  # texels; a rim point further than this from its face comes from a distorted sliver


@dataclass(frozen=True)
class Bake:
    """Pictures of the atlas, first row at v = 1, and the share of their texels that show the surface."""

    base_color: NDArray[np.uint8]  # (S, S, 3) sRGB
    properties: NDArray[np.uint8]  # (S, S, 3) linear: roughness, metallic, evidence
    coverage: float


def bake_maps(
    mesh: TriMesh, atlas: Atlas, fine: FineSurface, paint: Paint, size: int, progress: Progress | None = None
) -> Bake:
    """Textures of a simplified mesh; everything outside charts takes the colour of the nearest texel inside."""
    progress = progress or Progress()
    progress(0.0, "Baking the texture")
    texels = chart_texels(atlas.uv, atlas.faces, size)
    texel_length = np.sqrt(face_areas(mesh).sum() / max(len(texels.index), 1))
    normals = face_normals(mesh)
    pixels = np.zeros((size * size, 6), np.uint8)
    for start in range(0, len(texels.index), BATCH):
        progress(0.05 + 0.85 * start / len(texels.index))
        batch = slice(start, start + BATCH)
        points = _surface_points(mesh, texels, batch, STRAY * texel_length)
        pixels[texels.index[batch]] = _painted(paint, *fine.nearest(points, normals[texels.face[batch]]))
    progress(0.9)
    shown = np.zeros(size * size, bool)
    shown[texels.index] = True
    pixels = fill_gutters(pixels.reshape(size, size, 6), shown.reshape(size, size))
    return Bake(pixels[..., :3], pixels[..., 3:], len(texels.index) / size**2)


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


def _painted(paint: Paint, points: Floats, normals: Floats) -> NDArray[np.uint8]:  # (P, 6)
    """The paint's answer as bytes, its colour in sRGB."""
    with torch.no_grad():
        values = paint(torch.from_numpy(points.astype(np.float32)), torch.from_numpy(normals.astype(np.float32)))
    colour, rest = np.split(values.detach().cpu().numpy(), [3], 1)
    return np.concatenate([to_srgb_bytes(colour), np.rint(255 * rest.clip(0, 1)).astype(np.uint8)], 1)
