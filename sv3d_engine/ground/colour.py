"""sRGB and linear light (IEC 61966-2-1): as tensors with gradients, and as the bytes of pictures."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def to_linear(srgb: Tensor) -> Tensor:
    """sRGB values to linear light; any shape, [0, 1]."""
    return torch.where(srgb <= 0.04045, srgb / 12.92, ((srgb.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: Tensor) -> Tensor:
    """Linear light to sRGB values; the linear foot goes on below 0, so that the gradient lives everywhere."""
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp_min(0.0031308) ** (1 / 2.4) - 0.055)


def to_linear_array(srgb: NDArray[np.floating]) -> NDArray[np.floating]:
    """``to_linear`` of an array."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def to_srgb_array(linear: NDArray[np.floating]) -> NDArray[np.floating]:
    """Linear light to sRGB values, any shape; what is outside [0, 1] is clipped."""
    c = np.clip(linear, 0, 1)
    return np.where(c <= 0.0031308, 12.92 * c, 1.055 * c ** (1 / 2.4) - 0.055)


def from_srgb_bytes(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """8-bit sRGB to linear light in [0, 1]; any shape."""
    return to_linear_array(np.arange(256) / 255).astype(np.float32)[pixels]


def to_srgb_bytes(linear: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Linear light to 8-bit sRGB, any shape; values outside [0, 1] are clipped, NaN is black."""
    return np.rint(255 * to_srgb_array(np.nan_to_num(linear, nan=0.0))).astype(np.uint8)
