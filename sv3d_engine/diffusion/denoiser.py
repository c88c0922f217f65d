"""The network as a function from noisy latents to clean ones: preconditioning, and both sides of the guidance."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..network.unet import OrbitUNet
from .conditioning import Conditioning
from .guidance import guide

# (latents (21, 4, h, w), σ) → clean latents of the same shape, float32
Denoise = Callable[[Tensor, float], Tensor]


def scalings(sigma: float) -> tuple[float, float, float]:
    """c_skip, c_out, c_in of v-prediction with σ_data = 1 (Karras et al. 2022, table 1; Salimans & Ho 2022)."""
    variance = sigma * sigma + 1
    return 1 / variance, -sigma / variance**0.5, 1 / variance**0.5


def c_noise(sigma: float) -> float:
    """What the network is told of a noise level: ¼ ln σ."""
    return 0.25 * math.log(sigma)


@dataclass(frozen=True)
class GuidedDenoiser:
    """A ``Denoise`` with classifier-free guidance, scaled frame by frame.

    ``together`` asks the network once for both sides, which is faster and takes twice the memory for its features.
    """

    unet: OrbitUNet
    known: Conditioning
    scale: Tensor  # (21,)
    together: bool = True

    def __call__(self, latents: Tensor, sigma: float) -> Tensor:
        c_skip, c_out, c_in = scalings(sigma)
        sides = (self.known, self.known.unconditional())
        if self.together:
            conditional, unconditional = ask(self.unet, latents * c_in, sigma, sides)
        else:
            conditional, unconditional = (ask(self.unet, latents * c_in, sigma, (side,))[0] for side in sides)
        return latents * c_skip + guide(conditional, unconditional, self.scale) * c_out


def ask(
    unet: OrbitUNet, scaled: Tensor, sigma: float, sides: tuple[Conditioning, ...]
) -> Tensor:  # (len(sides), 21, 4, h, w) float32
    """The network's answer to scaled noisy latents (21, 4, h, w), once for each conditioning, in one batch."""
    count, frames = len(sides), len(scaled)
    pictures = torch.stack([side.latents.expand(frames, -1, -1, -1) for side in sides])
    sample = torch.cat([scaled.expand(count, *scaled.shape), pictures], 2)
    told = torch.full((count,), c_noise(sigma), device=scaled.device)
    context = torch.cat([side.token for side in sides])
    vector = torch.stack([side.vector for side in sides])
    answer: Tensor = unet(sample.to(unet.dtype), told, context, vector)
    return answer.float()
