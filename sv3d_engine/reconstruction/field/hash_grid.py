"""Multiresolution hash grid (Instant-NGP): positions to features, with gradients to the table and to the positions."""

import math

import numpy as np
import torch
from torch import Tensor, nn

from ...ground.kernels import jit, parallel_jit, prange, use_kernel
from ...ground.warp_kernels import use_warp
from .hash_grid_ref import PRIMES, encode_ref

ONE = np.float32(1)
U1, PRIME_Y, PRIME_Z = np.uint32(1), np.uint32(PRIMES[1]), np.uint32(PRIMES[2])


@jit
def _cell(x, resolution):
    """Cell index along one axis and the position inside it, in float32."""
    scaled = x * np.float32(resolution)
    cell = min(max(int(math.floor(scaled)), 0), resolution - 1)
    return np.uint32(cell), scaled - np.float32(cell)


@jit
def _rows(cx, cy, cz, resolution, mask, dense):
    """Table rows of a cell's eight corners, z fastest.  Unrolled: twice as fast as a loop over corners."""
    if dense:
        side = np.uint32(resolution + 1)
        x0, y0 = cx * side * side, cy * side
        x1, y1 = x0 + side * side, y0 + side
        a, b, c, d = x0 + y0 + cz, x0 + y1 + cz, x1 + y0 + cz, x1 + y1 + cz
        return a, a + U1, b, b + U1, c, c + U1, d, d + U1
    x1, y0, z0 = cx + U1, cy * PRIME_Y, cz * PRIME_Z
    y1, z1 = y0 + PRIME_Y, z0 + PRIME_Z
    a, b, c, d = cx ^ y0, cx ^ y1, x1 ^ y0, x1 ^ y1
    return (
        (a ^ z0) & mask, (a ^ z1) & mask, (b ^ z0) & mask, (b ^ z1) & mask,
        (c ^ z0) & mask, (c ^ z1) & mask, (d ^ z0) & mask, (d ^ z1) & mask,
    )  # fmt: skip


# The kernels give a thread whole levels: a level's table stays in its cache, and in the backward pass nobody else
# writes to it, so nothing needs to be atomic and the sum has one order.  What they begin with stands in each of them:
# as a function of its own it made them a third slower.


@parallel_jit
def _forward(points, table, resolutions, out):
    levels, size, _ = table.shape
    mask = np.uint32(size - 1)
    for level in prange(levels):
        resolution = resolutions[level]
        dense = (resolution + 1) ** 3 <= size
        for p in range(points.shape[0]):
            cx, fx = _cell(points[p, 0], resolution)
            cy, fy = _cell(points[p, 1], resolution)
            cz, fz = _cell(points[p, 2], resolution)
            r0, r1, r2, r3, r4, r5, r6, r7 = _rows(cx, cy, cz, resolution, mask, dense)
            w0, w1, w2, w3 = (ONE - fx) * (ONE - fy), (ONE - fx) * fy, fx * (ONE - fy), fx * fy
            for f in range(2):
                near = w0 * table[level, r0, f] + w1 * table[level, r2, f]
                near += w2 * table[level, r4, f] + w3 * table[level, r6, f]
                far = w0 * table[level, r1, f] + w1 * table[level, r3, f]
                far += w2 * table[level, r5, f] + w3 * table[level, r7, f]
                out[p, level * 2 + f] = near + fz * (far - near)


@parallel_jit
def _backward_table(points, resolutions, grad, grad_table):
    levels, size, _ = grad_table.shape
    mask = np.uint32(size - 1)
    for level in prange(levels):
        resolution = resolutions[level]
        dense = (resolution + 1) ** 3 <= size
        for p in range(points.shape[0]):
            cx, fx = _cell(points[p, 0], resolution)
            cy, fy = _cell(points[p, 1], resolution)
            cz, fz = _cell(points[p, 2], resolution)
            r0, r1, r2, r3, r4, r5, r6, r7 = _rows(cx, cy, cz, resolution, mask, dense)
            w0, w1, w2, w3 = (ONE - fx) * (ONE - fy), (ONE - fx) * fy, fx * (ONE - fy), fx * fy
            for f in range(2):
                far = fz * grad[p, level * 2 + f]
                near = grad[p, level * 2 + f] - far
                grad_table[level, r0, f] += w0 * near
                grad_table[level, r1, f] += w0 * far
                grad_table[level, r2, f] += w1 * near
                grad_table[level, r3, f] += w1 * far
                grad_table[level, r4, f] += w2 * near
                grad_table[level, r5, f] += w2 * far
                grad_table[level, r6, f] += w3 * near
                grad_table[level, r7, f] += w3 * far


@parallel_jit
def _backward_points(points, table, resolutions, grad, grad_points_of_level):
    levels, size, _ = table.shape
    mask = np.uint32(size - 1)
    for level in prange(levels):
        resolution = resolutions[level]
        dense = (resolution + 1) ** 3 <= size
        for p in range(points.shape[0]):
            cx, fx = _cell(points[p, 0], resolution)
            cy, fy = _cell(points[p, 1], resolution)
            cz, fz = _cell(points[p, 2], resolution)
            r0, r1, r2, r3, r4, r5, r6, r7 = _rows(cx, cy, cz, resolution, mask, dense)
            gx = gy = gz = np.float32(0)
            for f in range(2):
                g = grad[p, level * 2 + f] * np.float32(resolution)
                t0, t1, t2, t3 = table[level, r0, f], table[level, r1, f], table[level, r2, f], table[level, r3, f]
                t4, t5, t6, t7 = table[level, r4, f], table[level, r5, f], table[level, r6, f], table[level, r7, f]
                near = (t4 - t0) * (ONE - fy) + (t6 - t2) * fy
                far = (t5 - t1) * (ONE - fy) + (t7 - t3) * fy
                gx += g * (near + fz * (far - near))
                near = (t2 - t0) * (ONE - fx) + (t6 - t4) * fx
                far = (t3 - t1) * (ONE - fx) + (t7 - t5) * fx
                gy += g * (near + fz * (far - near))
                near = (t1 - t0) * (ONE - fx) + (t5 - t4) * fx
                far = (t3 - t2) * (ONE - fx) + (t7 - t6) * fx
                gz += g * (near + fy * (far - near))
            grad_points_of_level[level, p, 0] = gx
            grad_points_of_level[level, p, 1] = gy
            grad_points_of_level[level, p, 2] = gz


class _Encode(torch.autograd.Function):
    @staticmethod
    def forward(ctx, points: Tensor, table: Tensor, resolutions: Tensor) -> Tensor:  # type: ignore[override]
        ctx.save_for_backward(points, table, resolutions)
        out = torch.empty(points.shape[0], table.shape[0] * 2)
        _forward(points.detach().contiguous().numpy(), table.detach().numpy(), resolutions.numpy(), out.numpy())
        return out

    @staticmethod
    def backward(ctx, grad_out: Tensor):  # type: ignore[override]
        points, table, resolutions = ctx.saved_tensors
        grad, where = grad_out.contiguous().numpy(), points.detach().contiguous().numpy()
        grad_points = grad_table = None
        if ctx.needs_input_grad[0]:
            per_level = torch.empty(table.shape[0], points.shape[0], 3)
            _backward_points(where, table.detach().numpy(), resolutions.numpy(), grad, per_level.numpy())
            grad_points = per_level.sum(0)
        if ctx.needs_input_grad[1]:
            grad_table = torch.zeros_like(table)
            _backward_table(where, resolutions.numpy(), grad, grad_table.numpy())
        return grad_points, grad_table, None


def encode(points: Tensor, table: Tensor, resolutions: Tensor) -> Tensor:
    """Interpolated features of a multiresolution hash grid (Müller et al. 2022, §3).

    points (P, 3) in [0, 1]; table (L, T, 2), T a power of two; resolutions (L,) int64.  Returns (P, L·2).
    """
    if use_kernel(points, table, resolutions):
        return _Encode.apply(points, table, resolutions)  # type: ignore[no-any-return]
    if use_warp(points, table, resolutions):
        from .hash_grid_warp import encode_warp

        return encode_warp(points, table, resolutions)
    return encode_ref(points, table, resolutions)


class HashGrid(nn.Module):
    """The trainable grid: ``levels`` resolutions in geometric steps from ``coarsest`` to ``finest`` cells a side."""

    resolutions: Tensor

    def __init__(self, levels: int, coarsest: int, finest: int, log2_rows: int) -> None:
        super().__init__()
        growth = (finest / coarsest) ** (1 / max(levels - 1, 1))
        resolutions = [round(coarsest * growth**level) for level in range(levels)]
        self.register_buffer("resolutions", torch.tensor(resolutions))
        self.table = nn.Parameter(torch.empty(levels, 2**log2_rows, 2).uniform_(-1e-4, 1e-4))
        self.channels = levels * 2

    def forward(self, points: Tensor) -> Tensor:  # (P, 3) in [0, 1] -> (P, L·2)
        return encode(points, self.table, self.resolutions)
