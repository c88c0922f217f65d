"""How strongly each frame follows the picture (classifier-free guidance; the paper's section 3 and figure 4)."""

import torch
from torch import Tensor


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
