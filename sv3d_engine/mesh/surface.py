"""What the fine stage finds."""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor

from ..light.spherical_gaussians import Lights
from .appearance import Appearance


@dataclass(frozen=True)
class Surface:
    """A closed mesh, colour at every point of space, and one light."""

    vertices: Tensor  # (V, 3) float32 world, CPU
    faces: Tensor  # (F, 3) int64, CPU, normals outward
    appearance: Appearance
    losses: dict[str, list[float]]  # by name, one value a step, unweighted

    def scaled(self, factor: float) -> "Surface":
        """The same surface in other units: every length times ``factor``."""
        appearance = copy.deepcopy(self.appearance)
        appearance.half_side *= factor
        return Surface(self.vertices * factor, self.faces, appearance, self.losses)

    @property
    def light(self) -> Lights:
        return self.appearance.lights

    @torch.no_grad()
    def albedo(self, points: Tensor) -> Tensor:  # (P, 3) -> (P, 3)
        """Albedo in linear light at world points."""
        return self.appearance.albedo(points)
