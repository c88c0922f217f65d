"""A bare shape as a GLB, to be looked at while the real mesh is being made."""

from pathlib import Path

import numpy as np

from .glb import TexturedMesh, write_glb
from .topology import Floats, Ints, TriMesh, vertex_normals

_GREY = 180


def write_shape(vertices: Floats, faces: Ints, path: Path) -> None:  # (V, 3) world, (F, 3)
    """Write a mesh without texture, whole or not at all."""
    mesh = TriMesh(np.asarray(vertices, np.float64), np.asarray(faces, np.int64))
    texture = np.full((1, 1, 3), _GREY, np.uint8)
    write_glb(
        TexturedMesh(mesh.vertices, vertex_normals(mesh), np.zeros((len(vertices), 2)), mesh.faces, texture), path
    )
