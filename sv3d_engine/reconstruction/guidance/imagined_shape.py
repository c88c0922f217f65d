"""What the guided phase made of a shape, where no frame looks; where frames do, vertices stay exactly."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor

from ..mesh.evolve import SMOOTHED
from ..mesh.smoothness import REFERENCE_EDGE, balanced_displacement, connectivity, slide, smooth, stiffness
from ..render.antialias import mesh_edges
from ..render.rasterize import vertex_normals

ROUNDS = 3  # of looking for the guided surface and moving there
PULL = 30.0  # weight of what is wanted, beside the membrane's 1 and the plate's 10, for vertices REFERENCE_EDGE apart
STAY = 1e6  # likewise of what frames show
AGREE = 0.2  # cosine between normals: on a thin wall the other side is near but looks away …
TURNED = 3.0  # … so that it counts as this many edges further, for each unit that normals differ by
FURTHEST = 4.0  # edges that a vertex moves in one round at most
SLIDE = 0.3


def with_imagined_shape(
    vertices: Tensor, faces: Tensor, guided: tuple[Tensor, Tensor], share: Tensor
) -> Tensor:  # (V, 3), (F, 3), ((W, 3), (G, 3)), (V,) -> (V, 3)
    """Draw a closed mesh to a ``guided`` one: each vertex goes that ``share`` in [0, 1] of the way along its normal.

    Vertices whose share is 0 do not move at all, and the faces stay the same: what opens or closes in the guided mesh
    alone is not taken over.  A thin plate leads from one to the other.  On the CPU, deterministic.
    """
    mesh, edge = connectivity(faces, len(vertices)), _mean_edge(vertices, faces)
    target = _Target(*guided, edge)
    weight = torch.where(share > 0, PULL * (edge / REFERENCE_EDGE) ** 2, STAY)
    moved = vertices
    for _ in range(ROUNDS):
        normals = vertex_normals(moved, faces).nan_to_num()
        there, met = target.along(moved, normals)
        back = ((vertices - moved) * normals).sum(-1)
        wanted = torch.where(share > 0, torch.lerp(back, there, share), 0.0)
        known = torch.where((share > 0) & ~met, 0.0, weight)
        step = balanced_displacement(stiffness(moved, normals, mesh, edge), wanted, known)
        slid = slide(moved + step[:, None] * normals, normals, mesh, SLIDE)
        moved = torch.where(share[:, None] > 0, slid, vertices)
    return moved


class _Target:
    """A surface that another is drawn to, without the stairs of the grid that it comes from."""

    def __init__(self, vertices: Tensor, faces: Tensor, edge: float) -> None:
        self._edge = edge
        own = connectivity(faces, len(vertices))
        self._vertices = smooth(vertices, faces, own, _mean_edge(vertices, faces), SMOOTHED)
        self._normals = vertex_normals(self._vertices, faces).nan_to_num()
        self._tree = cKDTree(self._turned(self._vertices, self._normals))

    def along(self, points: Tensor, normals: Tensor) -> tuple[Tensor, Tensor]:  # (V,) world units, (V,) bool
        """How far it is along each point's normal, by the nearest vertex' tangent plane, and whether it is met."""
        _, nearest = self._tree.query(self._turned(points, normals), workers=-1)
        way, normal = self._vertices[nearest] - points, self._normals[nearest]
        agree, furthest = (normal * normals).sum(-1), FURTHEST * self._edge
        away = (way * normal).sum(-1) / agree.clamp_min(AGREE)
        return away.clamp(-furthest, furthest), (agree > AGREE) & (way.norm(dim=-1) < 2 * furthest)

    def _turned(self, points: Tensor, normals: Tensor) -> NDArray[np.float32]:  # (P, 6)
        return np.hstack([points.numpy(), TURNED * self._edge * normals.numpy()])


def _mean_edge(vertices: Tensor, faces: Tensor) -> float:
    edges = mesh_edges(faces).vertices
    return float((vertices[edges[:, 0]] - vertices[edges[:, 1]]).norm(dim=-1).mean())
