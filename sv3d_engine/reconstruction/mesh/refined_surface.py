"""What the fine stage finds: a closed mesh, albedo everywhere, one light, and the highlights that belong to neither."""

import copy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from ...ground.colour import to_srgb
from ...ground.tensor_store import damaged, load_tensors, save_tensors
from ..field.hash_grid import HashGrid
from ..field.highlight import Highlight
from ..light import Lights


class Appearance(nn.Module):
    """Albedo in [0, 1] linear light inside [−half_side, half_side]³, and the Spherical Gaussians that light it."""

    def __init__(self, half_side: float, finest: int, levels: int = 12, log2_rows: int = 17) -> None:
        super().__init__()
        self.half_side = half_side
        self.grid = HashGrid(levels, coarsest=16, finest=finest, log2_rows=log2_rows)
        self.decoder = nn.Sequential(nn.Linear(self.grid.channels, 32), nn.ReLU(), nn.Linear(32, 3))
        self.highlight = Highlight(self.grid.channels)
        self.lights = Lights()

    def features(self, points: Tensor) -> Tensor:  # (P, 3) -> (P, C)
        return self.grid((points / self.half_side + 1) / 2)  # type: ignore[no-any-return]

    def albedo(self, points: Tensor) -> Tensor:  # (P, 3) -> (P, 3)
        """Albedo at world points."""
        return torch.sigmoid(self.decoder(self.features(points)))

    def forward(
        self, points: Tensor, directions: Tensor, shading: Tensor, aside: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """sRGB colours (P, 3) as a camera sees them, with the albedo (P, 3) and highlight (P, 1) they are made of.

        points (P, 3); directions (P, 3) unit, away from the camera; shading (P,) irradiance over π.  Last the albedo
        (Q, 3) at other places, ``aside`` (Q, 3), in the same go.
        """
        features = self.features(torch.cat([points, aside]))
        albedo, beside = torch.sigmoid(self.decoder(features)).split([len(points), len(aside)])
        highlight = self.highlight(features[: len(points)], directions)
        return to_srgb(albedo * shading[:, None]) + highlight, albedo, highlight, beside


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


def save_surface(surface: Surface, path: Path) -> None:
    """Write a surface; whole or not at all."""
    appearance = surface.appearance
    tensors = {f"appearance.{name}": tensor for name, tensor in appearance.state_dict().items()}
    tensors |= {"vertices": surface.vertices, "faces": surface.faces}
    save_tensors(tensors, {"half_side": appearance.half_side, "losses": surface.losses}, path)


def load_surface(path: Path) -> Surface:
    """What ``save_surface`` wrote, on the CPU.  Raises UserError."""
    tensors, facts = load_tensors(path)
    try:
        vertices, faces = tensors.pop("vertices"), tensors.pop("faces")
        state = {name.removeprefix("appearance."): tensor for name, tensor in tensors.items()}
        appearance = Appearance(facts["half_side"], finest=int(state["grid.resolutions"][-1]))
        appearance.load_state_dict(state)
        return Surface(vertices, faces, appearance, facts["losses"])
    except (KeyError, RuntimeError) as error:
        raise damaged(path, error) from error
