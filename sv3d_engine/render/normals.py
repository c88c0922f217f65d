"""Smooth normals of a mesh."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from .rasterize import gather


def vertex_normals(vertices: Tensor, faces: Tensor) -> Tensor:  # (V, 3), (F, 3) -> (V, 3)
    """Unit normals, weighted by the areas of the faces around."""
    a, b, c = gather(vertices, faces).unbind(1)
    normal = torch.linalg.cross(b - a, c - a)
    total = torch.zeros_like(vertices).index_add(0, faces.T.reshape(-1), normal.repeat(3, 1))
    return normalize(total, dim=-1, eps=1e-12)
