"""A seed becomes an object; the same seed the same object, on every machine.

Seeds: TRAIN for training, VALIDATION for the figures of a trained model, TEST for what is shown and never used
to decide anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .paint import Coat, coloured
from .shading import creased
from .shapes.draw import Draw
from .shapes.families import FAMILIES
from .shapes.model import Model
from .shapes.solid import Floats, Ints

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
