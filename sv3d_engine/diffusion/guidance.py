"""How strongly each frame follows the picture (classifier-free guidance; the paper's section 3 and figure 4), and how
strongly the camera.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Guidance:
    """Strengths of both by frame, (F,) on the CPU; 1 is none."""

    picture: Tensor
    camera: Tensor


def triangle(count: int = 21, least: float = 1.0, most: float = 2.5) -> Tensor:  # (count,)
    """SV3D's triangle wave: ``least`` at the front view, ``most`` at the back, ``least`` again at the last frame."""
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
    """Away from the orbit's mean, which is the answer to no camera in particular; (…, F, 4, h, w), ``scale`` (F,).

    A network that is unsure of an object's other sides answers with what they have in common, so that its frames differ
    less than the true ones.  As the answer without a picture is to guidance by the picture, so is the mean to this.  It
    fades as the answer comes to be read off the noisy latents, σ² of the noise beside the data's 1: what is there
    already has been guided.
    """
    mean = clean.mean(-4, keepdim=True)
    strength = 1 + (scale - 1) * (sigma**2 / (sigma**2 + 1))
    return mean + strength.view(-1, 1, 1, 1).to(clean) * (clean - mean)
