"""What the network knows besides the noise: the picture, twice, and the camera of each frame."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from ...shared.architecture import Variant
from ...shared.trajectory import Pose

COND_AUG = 1e-5  # noise on the picture before it is encoded

_COND_AUG_WIDTH, _ANGLE_WIDTH = 256, 512


@dataclass(frozen=True)
class Conditioning:
    """One side of the guidance, for B orbits; all float32."""

    token: Tensor  # (B, 1, D) CLIP's embedding of the picture
    latents: Tensor  # (B, 4, h, w) the picture's own, unscaled
    vector: Tensor  # (B, 21, 256 or 1280)

    @classmethod
    def side_by_side(cls, several: Sequence["Conditioning"]) -> "Conditioning":
        """Several orbits' as one."""
        return cls(*(torch.cat([getattr(one, f.name) for one in several]) for f in fields(cls)))

    def unconditional(self) -> "Conditioning":
        """The same without the picture; cameras and cond_aug stay."""
        return replace(self, token=torch.zeros_like(self.token), latents=torch.zeros_like(self.latents))

    def to(self, device: torch.device) -> "Conditioning":
        return Conditioning(self.token.to(device), self.latents.to(device), self.vector.to(device))


def camera_vector(poses: Sequence[Pose], variant: Variant) -> Tensor:  # (F, 256 or 1280) float32
    """cond_aug, then for all but SV3D_u the polar angle and the azimuth from the last frame's, each as sinusoids.

    The polar angle is π/2 − elevation, absolute; azimuths lie in [0, 2π), the last is exactly 0.
    """
    count = len(poses)
    parts = [sinusoids(torch.full((count,), COND_AUG), _COND_AUG_WIDTH)]
    if variant == "p":
        polar = torch.tensor([math.radians(90 - p.elevation) for p in poses])
        azimuth = torch.tensor([math.radians((p.azimuth - poses[-1].azimuth) % 360) for p in poses])
        parts += [sinusoids(polar, _ANGLE_WIDTH), sinusoids(azimuth, _ANGLE_WIDTH)]
    return torch.cat(parts, -1)


def sinusoids(values: Tensor, width: int) -> Tensor:  # (F,) float32 → (F, width)
    """Cosines, then sines, at frequencies from 1 down to 1/10000 (Vaswani et al. 2017, with the halves swapped)."""
    half = width // 2
    frequencies = torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float32) / half)
    phase = values.float()[:, None] * frequencies
    return torch.cat([phase.cos(), phase.sin()], -1)
