"""sRGB and linear light."""

import torch
from torch import Tensor


def to_linear(srgb: Tensor) -> Tensor:
    """sRGB values to linear light (IEC 61966-2-1); any shape, [0, 1]."""
    return torch.where(srgb <= 0.04045, srgb / 12.92, ((srgb.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: Tensor) -> Tensor:
    """Linear light to sRGB values; the linear foot goes on below 0, so that the gradient lives everywhere."""
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp_min(0.0031308) ** (1 / 2.4) - 0.055)
