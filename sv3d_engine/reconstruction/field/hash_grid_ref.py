"""Plain PyTorch twin of ``hash_grid``: same result, any device, gradients by autograd."""

import torch
from torch import Tensor

PRIMES = (1, 2654435761, 805459861)


def encode_ref(points: Tensor, table: Tensor, resolutions: Tensor) -> Tensor:
    """Interpolated features of a multiresolution hash grid (Müller et al. 2022, §3).

    points (P, 3) in [0, 1]; table (L, T, F), T a power of two; resolutions (L,) cells a side.  Returns (P, L·F).
    """
    levels, size, _ = table.shape
    features = []
    for level in range(levels):
        resolution = int(resolutions[level])
        scaled = points * resolution
        cell = scaled.detach().floor().clamp(0, resolution - 1)
        fraction = scaled - cell
        cell = cell.long()
        rows = table[level]
        total: Tensor | float = 0.0
        for corner in range(8):
            bits = [(corner >> axis) & 1 for axis in range(3)]
            weight = torch.ones_like(points[:, 0])
            for axis, bit in enumerate(bits):
                weight = weight * (fraction[:, axis] if bit else 1 - fraction[:, axis])
            index = corner_index([cell[:, axis] + bit for axis, bit in enumerate(bits)], resolution, size)
            total = total + weight[:, None] * rows.index_select(0, index)
        features.append(total)
    return torch.cat(features, -1)  # type: ignore[arg-type]


def corner_index(corner: list[Tensor], resolution: int, size: int) -> Tensor:
    """Row of the table for integer grid corners: dense while the level fits, hashed beyond."""
    x, y, z = corner
    side = resolution + 1
    if side**3 <= size:
        return (x * side + y) * side + z
    mixed = (x * PRIMES[0]) ^ (y * PRIMES[1]) ^ (z * PRIMES[2])
    return mixed & (size - 1)
