"""Highlights: the part of a colour that moves with the camera."""

import torch
from torch import Tensor, nn


class Highlight(nn.Sequential):
    """What a white highlight adds to a point's sRGB colour; nothing, to begin with.

    Where there was no place for it, it would be carved into the surface as a dent, or painted on it.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(nn.Linear(channels + 9, 16), nn.ReLU(), nn.Linear(16, 1))
        self.rest()

    def rest(self) -> None:
        """Add nothing again."""
        last = self[2]
        assert isinstance(last, nn.Linear)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, features: Tensor, directions: Tensor) -> Tensor:  # type: ignore[override]
        """Highlight (P, 1) in (−1, 1), of a quadratic in the direction.

        features (P, C) of the hash grid, which get no gradient from here; directions (P, 3) unit, away from the camera.
        """
        quadratic = torch.cat([directions, directions**2, directions * directions.roll(-1, -1)], -1)
        return torch.tanh(super().forward(torch.cat([features.detach(), quadratic], -1)))
