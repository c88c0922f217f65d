"""A closed mesh that can be moved about."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Solid:
    """A closed mesh with normals outward: vertices (V, 3), faces (F, 3)."""

    vertices: Floats
    faces: Ints

    def moved(self, by: ArrayLike) -> "Solid":
        """Shifted by a vector."""
        return Solid(self.vertices + np.asarray(by, float), self.faces)

    def scaled(self, by: ArrayLike) -> "Solid":
        """Stretched along the axes by three numbers or one; a mirroring turns the faces over."""
        factor = np.broadcast_to(np.asarray(by, float), 3)
        faces = self.faces if np.prod(factor) > 0 else self.faces[:, ::-1]
        return Solid(self.vertices * factor, faces)

    def turned(self, axis: str, degrees: float) -> "Solid":
        """Turned about the x, y or z axis through the origin."""
        return Solid(self.vertices @ rotation(axis, degrees).T, self.faces)

    def bent(self, amount: float) -> "Solid":
        """Leant towards +X by amount · z²."""
        return Solid(self.vertices + np.outer(amount * self.vertices[:, 2] ** 2, [1, 0, 0]), self.faces)

    def cleaned(self) -> "Solid":
        """Without faces that have no area."""
        a, b, c = (self.vertices[self.faces[:, k]] for k in range(3))
        return Solid(self.vertices, self.faces[np.linalg.norm(np.cross(b - a, c - a), axis=1) > 1e-10])


def rotation(axis: str, degrees: float) -> Floats:  # (3, 3)
    """Matrix of a right-handed turn about x, y or z."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    i = "xyz".index(axis)
    j, k = (i + 1) % 3, (i + 2) % 3
    matrix = np.eye(3)
    matrix[j, j], matrix[j, k], matrix[k, j], matrix[k, k] = c, -s, s, c
    return matrix


def joined(solids: Sequence[Solid]) -> Solid:
    """Several solids as one."""
    offsets = np.cumsum([0, *(len(s.vertices) for s in solids[:-1])])
    faces = [s.faces + o for s, o in zip(solids, offsets, strict=True)]
    return Solid(np.concatenate([s.vertices for s in solids]), np.concatenate(faces))
