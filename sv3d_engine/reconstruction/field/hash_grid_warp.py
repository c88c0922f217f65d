"""The hash grid's kernels for CUDA: one thread for every point and level."""

import torch
import warp as wp
from torch import Tensor

from ...ground.warp_kernels import launch, launch_adjoint
from .hash_grid_ref import PRIMES

PRIME_Y, PRIME_Z = wp.constant(wp.uint32(PRIMES[1])), wp.constant(wp.uint32(PRIMES[2]))


@wp.func
def _cell(x: float, resolution: int) -> int:
    return wp.clamp(int(wp.floor(x)), 0, resolution - 1)


@wp.func
def _row(x: int, y: int, z: int, resolution: int, size: int) -> int:
    """Row of the table for a grid corner: dense while the level fits, hashed beyond."""
    side = resolution + 1
    if wp.int64(side) * wp.int64(side) * wp.int64(side) <= wp.int64(size):
        return (x * side + y) * side + z
    mixed = wp.uint32(x) ^ (wp.uint32(y) * PRIME_Y) ^ (wp.uint32(z) * PRIME_Z)
    return int(mixed & wp.uint32(size - 1))


@wp.func
def _share(fraction: float, bit: int) -> float:
    return wp.where(bit == 1, fraction, 1.0 - fraction)


@wp.kernel
def _features(
    points: wp.array[wp.vec3], table: wp.array2d[wp.vec2], resolutions: wp.array[wp.int64], out: wp.array2d[wp.vec2]
):
    level, p = wp.tid()
    resolution = int(resolutions[level])
    scaled = points[p] * float(resolution)
    x, y, z = _cell(scaled[0], resolution), _cell(scaled[1], resolution), _cell(scaled[2], resolution)
    fx, fy, fz = scaled[0] - float(x), scaled[1] - float(y), scaled[2] - float(z)
    total = wp.vec2()
    for i in range(2):
        for j in range(2):
            for k in range(2):
                row = _row(x + i, y + j, z + k, resolution, table.shape[1])
                total += _share(fx, i) * _share(fy, j) * _share(fz, k) * table[level, row]
    out[p, level] = total


# The table's gradient does not need the table, which warp's own derivative of ``_features`` would read again.
@wp.kernel(enable_backward=False)
def _table_gradient(
    points: wp.array[wp.vec3],
    resolutions: wp.array[wp.int64],
    grad: wp.array2d[wp.vec2],
    grad_table: wp.array2d[wp.vec2],
):
    level, p = wp.tid()
    resolution = int(resolutions[level])
    scaled = points[p] * float(resolution)
    x, y, z = _cell(scaled[0], resolution), _cell(scaled[1], resolution), _cell(scaled[2], resolution)
    fx, fy, fz = scaled[0] - float(x), scaled[1] - float(y), scaled[2] - float(z)
    g = grad[p, level]
    for i in range(2):
        for j in range(2):
            for k in range(2):
                row = _row(x + i, y + j, z + k, resolution, grad_table.shape[1])
                wp.atomic_add(grad_table, level, row, _share(fx, i) * _share(fy, j) * _share(fz, k) * g)


class _Encode(torch.autograd.Function):
    @staticmethod
    def forward(ctx, points: Tensor, table: Tensor, resolutions: Tensor) -> Tensor:  # type: ignore[override]
        ctx.save_for_backward(points, table, resolutions)
        out = points.new_empty(points.shape[0], table.shape[0], 2)
        launch(_features, (table.shape[0], points.shape[0]), points, table, resolutions, out)
        return out.flatten(1)

    @staticmethod
    def backward(ctx, grad_out: Tensor):  # type: ignore[override]
        points, table, resolutions = ctx.saved_tensors
        threads = table.shape[0], points.shape[0]
        grad = grad_out.contiguous().reshape(points.shape[0], table.shape[0], 2)
        grad_points = grad_table = None
        if ctx.needs_input_grad[0]:
            grad_points = torch.zeros_like(points)
            launch_adjoint(_features, threads, (points, table, resolutions, None), (grad_points, None, None, grad))
        if ctx.needs_input_grad[1]:
            grad_table = torch.zeros_like(table)
            launch(_table_gradient, threads, points, resolutions, grad, grad_table)
        return grad_points, grad_table, None


def encode_warp(points: Tensor, table: Tensor, resolutions: Tensor) -> Tensor:
    """Interpolated features of a multiresolution hash grid (Müller et al. 2022, §3).

    points (P, 3) in [0, 1]; table (L, T, 2), T a power of two; resolutions (L,) int64.  Returns (P, L·2).
    """
    return _Encode.apply(points.contiguous(), table.contiguous(), resolutions)  # type: ignore[no-any-return]
