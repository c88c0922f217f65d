"""How strongly each frame follows the picture (classifier-free guidance; the paper's section 3 and figure 4),
and how strongly the camera.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Guidance:
    """Strengths of guidance by the picture and by the camera, (F,) each on the CPU, 1 where there is none."""

    picture: Tensor
    camera: Tensor


def triangle(count: int = 21, least: float = 1.0, most: float = 2.5) -> Tensor:  # (count,)
    """SV3D's triangle wave: ``least`` at both ends, about and at the front view, ``most`` at the back."""
    x = torch.linspace(0, 1, count)
    wave = 2 * (x - torch.floor(x + 0.5)).abs()
    return least + (most - least) * wave


def linear(count: int = 21, least: float = 1.0, most: float = 2.5) -> Tensor:  # (count,)
    """SVD's ramp; it sharpens the last frames too much."""
    return torch.linspace(least, most, count)


def constant(count: int = 21, scale: float = 2.5) -> Tensor:  # (count,)
    """The same for every frame."""
    return torch.full((count,), scale)


def guide(conditional: Tensor, unconditional: Tensor, scale: Tensor) -> Tensor:
    """Away from the unconditional answer; (…, 21, 4, h, w) each, ``scale`` (21,)."""
    return unconditional + scale.view(-1, 1, 1, 1).to(conditional) * (conditional - unconditional)


def guide_camera(clean: Tensor, sigma: float, scale: Tensor) -> Tensor:
    """Away from the orbit's mean frame; (…, F, 4, h, w), ``scale`` (F,), 1 where a frame is to stay as it is.

    For networks that have not learnt enough: unsure of an object's other sides they answer pure noise with what these
    have in common, and frames turn too little with the camera.  While nothing can be read from the latents, the mean
    frame stands for the answer without a camera, as in guidance by two conditions (Brooks et al. 2023).  What the
    strength has above 1 fades with σ, to half where σ is √(4hw), the norm of a frame's clean latents.
    """
    mean = clean.mean(-4, keepdim=True)
    unreadable = sigma**2 / (sigma**2 + math.prod(clean.shape[-3:]))
    strength = 1 + (scale - 1) * unreadable
    return mean + strength.view(-1, 1, 1, 1).to(clean) * (clean - mean)
