"""Plain PyTorch twin of ``hash_grid``: same result, any device, gradients by autograd.

All levels and corners go through one gather, because a graphics card takes as long to start an operation as to do it.
"""

import torch
from torch import Tensor

PRIMES = (1, 2654435761, 805459861)

_MOST_POINTS = 1 << 17  # at once: bounds memory, 8 corners a level hold some 100 bytes each


def encode_ref(points: Tensor, table: Tensor, resolutions: Tensor) -> Tensor:
    """Interpolated features of a multiresolution hash grid (Müller et al. 2022, §3).

    points (P, 3) in [0, 1]; table (L, T, F), T a power of two; resolutions (L,) cells a side.  Returns (P, L·F).
    """
    if len(points) > _MOST_POINTS:
        return torch.cat([encode_ref(part, table, resolutions) for part in points.split(_MOST_POINTS)])
    levels, size, channels = table.shape
    scaled = points[:, None] * resolutions[:, None]  # (P, L, 3)
    cell = torch.minimum(scaled.detach().floor().clamp_min(0), resolutions[:, None] - 1)
    far = scaled - cell
    share = torch.stack([1 - far, far], -1)  # (P, L, 3, 2) of the nearer and of the further corner along each axis
    weight = share[:, :, 0, :, None, None] * share[:, :, 1, None, :, None] * share[:, :, 2, None, None, :]
    rows = corner_rows(cell.long(), resolutions, size) + torch.arange(levels, device=table.device)[:, None] * size
    values = table.reshape(levels * size, channels).index_select(0, rows.reshape(-1))
    values = values.reshape(len(points), levels, 8, channels)
    return (weight.reshape(len(points), levels, 8, 1) * values).sum(2).reshape(len(points), levels * channels)


def corner_rows(cell: Tensor, resolutions: Tensor, size: int) -> Tensor:  # (P, L, 3), (L,) -> (P, L, 8)
    """Rows of a level's table at a cell's corners, z fastest: dense while the level fits ``size``, hashed beyond."""
    side = resolutions + 1
    dense = side**3 <= size
    one = torch.ones_like(side)
    strides = torch.stack([side * side, side, one], -1)  # (L, 3)
    primes = torch.stack([one * prime for prime in PRIMES], -1)
    ends = torch.stack([cell, cell + 1], -1) * torch.where(dense[:, None], strides, primes)[..., None]  # (P, L, 3, 2)
    x, y, z = ends[:, :, 0, :, None, None], ends[:, :, 1, None, :, None], ends[:, :, 2, None, None, :]
    rows = torch.where(dense[:, None, None, None], x + y + z, (x ^ y ^ z) & (size - 1))
    return rows.reshape(*cell.shape[:2], 8)
