"""A seed becomes an object, its normals smooth over curves; the same seed the same object, on every machine."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .paint import Coat, coloured
from .palette import Draw
from .shapes.families import FAMILIES
from .shapes.model import Model
from .shapes.primitives import Floats, Ints

CREASE_DEG = 40.0  # faces that meet at less are one smooth surface


def creased(vertices: Floats, faces: Ints, crease_deg: float = CREASE_DEG) -> tuple[Floats, Ints, Floats]:
    """Vertices doubled along edges, so that each has one normal: vertices (W, 3), faces (F, 3), normals (W, 3).

    A corner's normal is the area-weighted mean of the faces round its vertex that face almost the same way.
    """
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    unit = normal / np.maximum(length, 1e-30)
    corner = faces.reshape(-1)
    owner = np.repeat(np.arange(len(faces)), 3)
    order = np.argsort(corner, kind="stable")
    corner, owner = corner[order], owner[order]
    total = np.zeros((len(corner), 3))
    start = np.searchsorted(corner, corner)
    count = np.searchsorted(corner, corner, side="right") - start
    alike = math.cos(math.radians(crease_deg))
    # The k-th face round every vertex at once; fans have one vertex with many, so the loop goes by shrinking lists.
    left = np.arange(len(corner))
    k = 0
    while len(left := left[count[left] > k]):
        other = owner[start[left] + k]
        agrees = np.einsum("nd,nd->n", unit[owner[left]], unit[other]) > alike
        total[left] += agrees[:, None] * normal[other]
        k += 1
    total /= np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-30)
    # Corners of one vertex whose normals came out equal are one vertex again.
    key = np.concatenate([corner[:, None], np.rint(total * 512)], 1).astype(np.int64)
    packed = ((key[:, 0] * 1200 + key[:, 1] + 600) * 1200 + key[:, 2] + 600) * 1200 + key[:, 3] + 600
    _, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
    split = np.empty(len(corner), np.int64)
    split[order] = inverse
    return vertices[corner[first]], split.reshape(-1, 3), total[first]


TRAIN = range(0, 1_000_000_000)
VALIDATION = range(1_000_000_000, 1_000_100_000)
TEST = range(2_000_000_000, 2_000_100_000)

GENERATION = 1  # to be raised when a seed's object, light or cameras change: what was made before is made anew

_OBJECT = 1  # of the streams of random numbers that belong to one seed


@dataclass(frozen=True)
class DatasetObject:
    """A mesh whose largest extent is 1, centred on the origin: front on +X, Z up."""

    vertices: NDArray[np.float32]  # (V, 3); doubled where the surface has an edge
    normals: NDArray[np.float32]  # (V, 3) unit
    faces: Ints  # (F, 3)
    part: Ints  # (F,)
    albedo: Callable[[Tensor, Tensor], Tensor]  # points (P, 3), face of each (P,) -> linear colour (P, 3)
    family: str
    closed: bool = True  # nothing of the surface's inside can be seen
    opacity: Callable[[Tensor, Tensor], Tensor] | None = None  # as albedo, -> (P,) in [0, 1]; None: opaque throughout


@dataclass(frozen=True)
class SolidTexture:
    """Albedo of a generated object."""

    part: Ints  # (F,)
    coats: Sequence[Coat]
    scale: float  # object's units over built units
    centre: Floats  # (3,) built units

    def __call__(self, points: Tensor, face: Tensor) -> Tensor:  # (P, 3), (P,) -> (P, 3)
        """Linear colours at points of the given faces."""
        part = torch.as_tensor(self.part, device=points.device)[face]
        return coloured(points / self.scale + points.new_tensor(self.centre), part, self.coats)


def generator(seed: int, stream: int) -> np.random.Generator:
    """One of the independent streams of random numbers of a seed."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, stream])))


def sample_object(seed: int, family: str | None = None) -> DatasetObject:
    """The object of a seed ≥ 0; ``family`` decides what kind it is, else the seed does too."""
    draw = Draw(generator(seed, _OBJECT))
    drawn = draw.pick(sorted(FAMILIES))
    name = family or drawn
    model = Model(draw)
    FAMILIES[name](model)
    vertices, faces, part = model.arrays()
    low, high = vertices.min(0), vertices.max(0)
    centre, scale = (low + high) / 2, 1 / float((high - low).max())
    points, split, normals = creased(vertices, faces)
    texture = SolidTexture(part, tuple(model.coats), scale, centre)
    return DatasetObject(
        ((points - centre) * scale).astype(np.float32), normals.astype(np.float32), split, part, texture, name
    )
