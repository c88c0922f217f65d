"""Small meshes with known flaws, and plain paint."""

from collections.abc import Callable

import numpy as np
import torch
import trimesh
from torch import Tensor

from sv3d_engine.reconstruction.asset.bake import Paint
from sv3d_engine.reconstruction.asset.topology import TriMesh


def from_trimesh(mesh: trimesh.Trimesh) -> TriMesh:
    return TriMesh(np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64))


def sphere(radius: float = 0.5, subdivisions: int = 3, centre: tuple[float, float, float] = (0, 0, 0)) -> TriMesh:
    mesh = from_trimesh(trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius))
    return TriMesh(mesh.vertices + np.array(centre), mesh.faces)


def box(size: float = 1.0, centre: tuple[float, float, float] = (0, 0, 0)) -> TriMesh:
    mesh = from_trimesh(trimesh.creation.box((size, size, size)))
    return TriMesh(mesh.vertices + np.array(centre), mesh.faces)


def torus(sections: int = 48) -> TriMesh:
    return from_trimesh(trimesh.creation.torus(0.35, 0.12, major_sections=sections, minor_sections=sections // 2))


def bumpy_sphere(subdivisions: int = 5) -> TriMesh:
    ball = sphere(0.5, subdivisions)
    x, y, z = ball.vertices.T * 10
    return TriMesh(ball.vertices * (1 + 0.04 * np.sin(x) * np.cos(y + 1) * np.sin(z + 2))[:, None], ball.faces)


def together(*meshes: TriMesh) -> TriMesh:
    starts = np.cumsum([0, *(len(m.vertices) for m in meshes)])
    faces = [m.faces + start for m, start in zip(meshes, starts, strict=False)]
    return TriMesh(np.concatenate([m.vertices for m in meshes]), np.concatenate(faces))


def flipped(mesh: TriMesh) -> TriMesh:
    return TriMesh(mesh.vertices, mesh.faces[:, ::-1])


def soup(mesh: TriMesh) -> TriMesh:
    """Every face with corners of its own."""
    return TriMesh(mesh.corners.reshape(-1, 3), np.arange(3 * len(mesh.faces)).reshape(-1, 3))


def matt(albedo: Callable[[Tensor], Tensor]) -> Paint:
    """A paint of this colour that is rough and seen everywhere."""

    def paint(points: Tensor, normals: Tensor) -> Tensor:
        return torch.cat([albedo(points), torch.tensor([0.8, 0.0, 1.0]).expand(len(points), 3)], 1)

    return paint
