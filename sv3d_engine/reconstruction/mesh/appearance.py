"""What the fine stage judges a shape's pictures by: albedo everywhere, one light, and highlights that are neither."""

import torch
from torch import Tensor, nn

from ...ground.colour import to_srgb
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
