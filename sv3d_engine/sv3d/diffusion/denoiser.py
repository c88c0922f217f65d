"""The network as a function from noisy latents to clean ones: preconditioning and guidance."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..network.unet import OrbitUNet
from .conditioning import Conditioning
from .guidance import Guidance, guide, guide_camera

# (latents (B, 21, 4, h, w), σ) → clean latents of the same shape, float32
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
    """A ``Denoise`` with classifier-free guidance, and guidance by the camera, each scaled frame by frame.

    ``together`` asks the network once for both sides, which is faster and takes twice the memory for its features.
    The side without the picture is left out where its scale is 1 throughout and nothing of it would be used.
    """

    unet: OrbitUNet
    known: Conditioning
    guidance: Guidance
    together: bool = True

    def __call__(self, latents: Tensor, sigma: float) -> Tensor:
        clean = self._guided_by_picture(latents, sigma)
        return clean if _is_one(self.guidance.camera) else guide_camera(clean, sigma, self.guidance.camera)

    def _guided_by_picture(self, latents: Tensor, sigma: float) -> Tensor:
        c_skip, c_out, c_in = scalings(sigma)
        scaled = latents * c_in
        if _is_one(self.guidance.picture):
            return latents * c_skip + ask(self.unet, scaled, sigma, (self.known,))[0] * c_out
        sides = (self.known, self.known.unconditional())
        if self.together:
            conditional, unconditional = ask(self.unet, scaled, sigma, sides)
        else:
            conditional, unconditional = (ask(self.unet, scaled, sigma, (side,))[0] for side in sides)
        return latents * c_skip + guide(conditional, unconditional, self.guidance.picture) * c_out


def _is_one(scale: Tensor) -> bool:
    return bool((scale == 1).all())


def ask(
    unet: OrbitUNet, scaled: Tensor, sigma: float, sides: tuple[Conditioning, ...]
) -> Tensor:  # (len(sides), B, 21, 4, h, w) float32
    """The network's answer to scaled noisy latents (B, 21, 4, h, w), once for each conditioning, in one batch."""
    pictures = torch.cat([side.latents for side in sides])[:, None].expand(-1, scaled.shape[1], -1, -1, -1)
    sample = torch.cat([scaled.repeat(len(sides), 1, 1, 1, 1), pictures], 2)
    told = torch.full((len(sample),), c_noise(sigma), device=scaled.device)
    context = torch.cat([side.token for side in sides])
    vector = torch.cat([side.vector for side in sides])
    answer: Tensor = unet(sample.to(unet.dtype), told, context, vector)
    return answer.float().unflatten(0, (len(sides), -1))
