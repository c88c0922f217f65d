"""A file's meshes where its scene has them, as trimesh reads both."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .shapes.primitives import Floats, Ints


@dataclass(frozen=True)
class PlacedMesh:
    """One node of a scene that shows triangles."""

    mesh: Any  # trimesh's, in its own axes
    vertices: Floats  # (V, 3) float64
    faces: Ints  # (F, 3): what is outside stays outside, mirrored or not
    turn: Floats  # (3, 3) from the mesh's axes to the scene's; it may scale and mirror


def placed_meshes(scene: Any) -> list[PlacedMesh]:
    """All but empty ones, points and lines.

    Not by trimesh's ``dump``, whose copies have lost the vertex colours of what has a material.
    """
    placed = []
    for node in scene.graph.nodes_geometry:
        matrix, name = scene.graph[node]
        mesh, turn = scene.geometry[name], np.asarray(matrix, np.float64)[:3, :3]
        faces = np.asarray(getattr(mesh, "faces", ()), np.int64)
        if len(faces):
            vertices = np.asarray(mesh.vertices, np.float64) @ turn.T + np.asarray(matrix, np.float64)[:3, 3]
            placed.append(PlacedMesh(mesh, vertices, faces[:, ::-1] if np.linalg.det(turn) < 0 else faces, turn))
    return placed
