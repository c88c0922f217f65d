"""Ambient occlusion: how much of an even sky reaches each vertex."""

import torch

from ..material.transfer import irradiance, visibility
from .topology import Floats, TriMesh, vertex_normals

DIRECTIONS = 64  # enough for a smooth shadow, as every vertex asks the same ones


def ambient_occlusion(mesh: TriMesh) -> Floats:  # (V,)
    """Irradiance under light that comes evenly from everywhere, over what would arrive with nothing in the way."""
    vertices, normals = (torch.from_numpy(values).float() for values in (mesh.vertices, vertex_normals(mesh)))
    seen = visibility(vertices, normals, vertices, torch.from_numpy(mesh.faces), DIRECTIONS)
    arriving, most = irradiance(normals, seen).sum(1), irradiance(normals, torch.ones_like(seen)).sum(1)
    return (arriving / most.clamp_min(1e-6)).numpy()
