"""Material as pictures: each texel asks the paint about the point of the fine surface that it shows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from ...ground.colour import to_srgb_bytes
from ...ground.progress import Progress
from .nearest import NearestFaces, blend
from .shading import Frame
from .tangents import in_tangent_space
from .texels import RIM, chart_texels
from .topology import Bools, Floats, Ints, TriMesh, face_areas, face_normals, unit, vertex_normals

# World points (P, 3) of the fine surface and its unit normals (P, 3), float32, to (P, 6) in [0, 1]: linear base colour
# (3), roughness, metallic and evidence, which tells how well the frames show the place.
Paint = Callable[[Tensor, Tensor], Tensor]

Picture = NDArray[np.uint8]  # first row at v = 1

BATCH = 1 << 16  # points: a few hundred milliseconds' work, so that Cancel is heard
STRAY = 2 * RIM  # texels; a rim point further than this from its face comes from a distorted sliver
BLOCK = 2  # texels a side that share one search of the fine surface


@dataclass(frozen=True)
class Maps:
    """Pictures of the atlas, and the share of their texels that show the surface."""

    base_color: Picture  # (S, S, 3) sRGB
    orm: Picture  # (S, S, 3) occlusion, roughness, metallic; half the side where only the smooth occlusion varies
    normal: Picture  # (S, S, 3) in tangent space
    confidence: Picture  # (S, S) evidence
    coverage: float


class FineSurface:
    """The surface that the textures show, on the mesh that they are for."""

    def __init__(self, mesh: TriMesh, occlusion: Floats) -> None:  # (V,)
        self._search = NearestFaces(mesh)
        self._values = np.concatenate([mesh.vertices, vertex_normals(mesh), occlusion[:, None]], 1)

    def nearest(self, points: Floats, normals: Floats, group: Ints) -> tuple[Bools, Floats, Floats, Floats]:
        """Which points (P, 3) have some surface near that looks along their normals (P, 3); of its Q places there the
        points (Q, 3), unit normals (Q, 3) and occlusion (Q, 1).  ``group`` as in NearestFaces."""
        places = self._search.nearest(points, normals, group)
        found = places.face >= 0
        values = blend(self._values, self._search.mesh.faces, places.face[found], places.weights[found])
        return found, values[:, :3], unit(values[:, 3:6]), values[:, 6:]


def bake_maps(
    mesh: TriMesh,
    frame: Frame,
    fine: FineSurface,
    paint: Paint,
    size: int,
    progress: Progress | None = None,
) -> Maps:
    """Textures of a simplified mesh; what shows no surface takes the values of the nearest texel that does."""
    progress = progress or Progress()
    progress(0.0, "Baking the textures")
    atlas = frame.atlas
    texels = chart_texels(atlas.uv, atlas.faces, size)
    stray = STRAY * np.sqrt(face_areas(mesh).sum() / max(len(texels.index), 1))
    facing, frame_values = face_normals(mesh), np.concatenate([frame.normals, frame.tangents], 1)
    layers = np.zeros((size * size, 10), np.uint8)
    shown = np.zeros(size * size, bool)
    for start in range(0, len(texels.index), BATCH):
        progress(0.05 + 0.85 * start / len(texels.index))
        batch = slice(start, start + BATCH)
        index, face, weights = texels.index[batch], texels.face[batch], texels.weights(batch)
        points, held = _surface_points(mesh, face, weights, stray)
        found, *place = fine.nearest(points, facing[face], _blocks(index, face, size))
        if not found.any():
            continue
        basis = blend(frame_values, atlas.faces, face[found], held[found])
        normal = in_tangent_space(place[1], basis[:, :3], basis[:, 3:])
        shown[index[found]] = True
        layers[index[found]] = np.concatenate([_painted(paint, *place), _signed_bytes(normal)], 1)
    progress(0.9)
    layers = fill_gutters(layers.reshape(size, size, 10), shown.reshape(size, size))
    base_color, orm, confidence, normals = (layers[..., part] for part in (np.s_[:3], np.s_[3:6], 6, np.s_[7:]))
    return Maps(base_color, _thrifty(orm), normals, confidence, len(texels.index) / size**2)


def fill_gutters(pixels: Picture, shown: Bools) -> Picture:
    """The picture with every texel that is not ``shown`` replaced by the nearest that is."""
    if not shown.any():
        return pixels
    rows, columns = distance_transform_edt(~shown, return_distances=False, return_indices=True)
    return pixels[rows, columns]


def _blocks(index: Ints, face: Ints, size: int) -> Ints:  # (P,), (P,) -> (P,)
    """A number for the texels of one face in one block of the texture."""
    blocks = -(-size // BLOCK)
    return (index // size // BLOCK * blocks + index % size // BLOCK) + face * blocks**2


def _surface_points(mesh: TriMesh, face: Ints, weights: Floats, stray: float) -> tuple[Floats, Floats]:
    """World points (P, 3) of texels, and their weights (P, 3) held inside their faces.

    On the rim the face's plane goes on, as far as that can be trusted.
    """
    held = np.clip(weights, 0, None)
    held /= held.sum(1, keepdims=True)
    points = blend(mesh.vertices, mesh.faces, face, weights)
    rim = np.flatnonzero(weights.min(1) < 0)
    inside = blend(mesh.vertices, mesh.faces, face[rim], held[rim])
    far = np.linalg.norm(points[rim] - inside, axis=1) > stray
    points[rim[far]] = inside[far]
    return points, held


def ask(paint: Paint, points: Floats, normals: Floats) -> Floats:  # (P, 3), (P, 3) -> (P, 6)
    """The paint's answer in [0, 1]; what is not a number is 0."""
    with torch.no_grad():
        values = paint(torch.from_numpy(points.astype(np.float32)), torch.from_numpy(normals.astype(np.float32)))
    return np.nan_to_num(values.detach().cpu().numpy(), nan=0.0).clip(0, 1)


def _painted(paint: Paint, points: Floats, normals: Floats, occlusion: Floats) -> Picture:  # (P, 7)
    """Bytes of base colour in sRGB, occlusion, roughness, metallic and evidence."""
    values = ask(paint, points, normals)
    rest = np.concatenate([occlusion, values[:, 3:]], 1)
    return np.concatenate([to_srgb_bytes(values[:, :3]), np.rint(255 * rest).astype(np.uint8)], 1)


def _signed_bytes(unit: Floats) -> Picture:
    """[−1, 1] as bytes."""
    return np.rint(127.5 + 127.5 * unit).astype(np.uint8)


def _thrifty(orm: Picture) -> Picture:
    """At half the size if roughness and metallic are the same everywhere: occlusion alone is smooth."""
    if len(orm) % 2 or (orm[..., 1:] != orm[0, 0, 1:]).any():
        return orm
    quarters = orm[0::2].astype(np.uint16) + orm[1::2]
    return ((quarters[:, 0::2] + quarters[:, 1::2] + 2) // 4).astype(np.uint8)
