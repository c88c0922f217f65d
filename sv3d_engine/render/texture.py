"""Texture lookup."""

from torch import Tensor
from torch.nn.functional import grid_sample


def sample(texture: Tensor, uv: Tensor) -> Tensor:  # (H, W, C), (P, 2) -> (P, C)
    """Bilinear lookup, differentiable in both; glTF's UV: (0, 0) is the first texel's corner, v runs down."""
    grid = (uv * 2 - 1)[None, None]
    picture = texture.permute(2, 0, 1)[None]
    return grid_sample(picture, grid, align_corners=False, padding_mode="border")[0, :, 0].T
