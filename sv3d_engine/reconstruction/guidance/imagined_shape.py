"""What the guided phase made of a shape, where no frame looks; where frames do, vertices stay exactly."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor

from ..mesh.smoothness import connectivity
from ..render.antialias import mesh_edges
from ..render.rasterize import vertex_normals

AGREE = 0.2  # cosine between normals: on a thin wall the other side is near but looks away …
TURNED = 3.0  # … so that it counts as this many edges further, for each unit that normals differ by
FURTHEST = 4.0  # edges that a vertex moves at most
SMOOTHED = 3  # rounds that the way is averaged with the neighbours'


def with_imagined_shape(
    vertices: Tensor,  # (V, 3)
    before: Tensor,  # (V, 3)
    faces: Tensor,  # (F, 3)
    guided: tuple[Tensor, Tensor],  # (W, 3), (G, 3)
    share: Tensor,  # (V,) in [0, 1]
) -> Tensor:  # (V, 3)
    """Move each vertex of a closed mesh as ``before``, the same mesh, has moved to become ``guided``, by its ``share``.

    Vertices whose share is 0 do not move at all, and the faces stay the same: what opens or closes in the guided mesh
    alone is not taken over.  Ways are along the normals.  On the CPU, deterministic.
    """
    edges = mesh_edges(faces).vertices
    edge = float((before[edges[:, 0]] - before[edges[:, 1]]).norm(dim=-1).mean())
    way, met = _way(before, _normals(before, faces), *guided, edge)
    averaging = connectivity(faces, len(vertices)).averaging
    told = (met & (share > 0)).double().numpy()  # a way that is not told is as those around it
    ways = told * way.double().numpy()
    for _ in range(SMOOTHED):
        ways, told = averaging @ ways, averaging @ told
    even = torch.from_numpy(ways / np.maximum(told, 1e-9)).to(vertices)
    return vertices + (share * even)[:, None] * _normals(vertices, faces)


def _way(points: Tensor, normals: Tensor, vertices: Tensor, faces: Tensor, edge: float) -> tuple[Tensor, Tensor]:
    """How far a mesh is away along each point's normal (P,), by the nearest vertex' tangent plane; if it is met."""
    own = _normals(vertices, faces)
    tree = cKDTree(_turned(vertices, own, edge))
    _, nearest = tree.query(_turned(points, normals, edge), workers=-1)
    off, normal = vertices[nearest] - points, own[nearest]
    agree, furthest = (normal * normals).sum(-1), FURTHEST * edge
    way = (off * normal).sum(-1) / agree.clamp_min(AGREE)
    return way.clamp(-furthest, furthest), (agree > AGREE) & (off.norm(dim=-1) < furthest)


def _turned(points: Tensor, normals: Tensor, edge: float) -> NDArray[np.float32]:  # (P, 6)
    return np.hstack([points.numpy(), TURNED * edge * normals.numpy()])


def _normals(vertices: Tensor, faces: Tensor) -> Tensor:
    return vertex_normals(vertices, faces).nan_to_num()
