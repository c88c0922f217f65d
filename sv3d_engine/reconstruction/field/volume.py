"""Volume rendering: the samples along camera rays that lie in occupied cells, and what these add up to."""

import math

import numpy as np
import torch
from torch import Tensor

from ...ground.kernels import jit, parallel_jit, prange, use_kernel
from ...ground.warp_kernels import use_warp


def march_ref(
    origins: Tensor, directions: Tensor, occupied: Tensor, half_side: float, step: float, jitter: Tensor
) -> tuple[Tensor, Tensor]:
    """Plain PyTorch twin of ``march``: samples every ray through the whole cube, then drops the empty cells."""
    reach = 2 * half_side * 3**0.5
    near = origins.norm(dim=-1) - reach / 2
    t = near[:, None] + (torch.arange(int(reach / step) + 1, device=origins.device) + jitter[:, None]) * step
    points = origins[:, None] + t[..., None] * directions[:, None]
    side = occupied.shape[0]
    cell = torch.floor((points / half_side + 1) * (side / 2)).long()
    inside = ((cell >= 0) & (cell < side)).all(-1)
    cell = cell.clamp(0, side - 1)
    kept = inside & occupied[cell[..., 0], cell[..., 1], cell[..., 2]]
    offsets = torch.zeros(len(origins) + 1, dtype=torch.long, device=origins.device)
    offsets[1:] = kept.sum(1).cumsum(0)
    return t[kept], offsets


@jit
def _walk(origin, direction, occupied, scale, side, near, step, count, out, start):
    """Writes the kept distances of one ray to out[start:]; only counts them where ``out`` is empty."""
    kept = 0
    for i in range(count):
        t = near + np.float32(i) * step
        x = int(np.floor((origin[0] + t * direction[0]) * scale + np.float32(side) / 2))
        y = int(np.floor((origin[1] + t * direction[1]) * scale + np.float32(side) / 2))
        z = int(np.floor((origin[2] + t * direction[2]) * scale + np.float32(side) / 2))
        if 0 <= x < side and 0 <= y < side and 0 <= z < side and occupied[x, y, z]:
            if out.shape[0]:
                out[start + kept] = t
            kept += 1
    return kept


@parallel_jit
def _march(origins, directions, occupied, scale, near, step, count, offsets, out):
    for r in prange(origins.shape[0]):
        kept = _walk(
            origins[r], directions[r], occupied, scale, occupied.shape[0], near[r], step, count, out, offsets[r]
        )
        if not out.shape[0]:
            offsets[r + 1] = kept


def march(
    origins: Tensor, directions: Tensor, occupied: Tensor, half_side: float, step: float, jitter: Tensor
) -> tuple[Tensor, Tensor]:
    """Distances of the samples that fall into occupied cells, packed ray after ray.

    origins, directions (R, 3); occupied (G, G, G) bool over [−half_side, half_side]³; ``step`` in world units;
    jitter (R,) in [0, 1) shifts each ray's samples.  Returns distances (P,) and offsets (R + 1,): ray r owns
    ``distances[offsets[r]:offsets[r + 1]]``.
    """
    if use_warp(origins, directions, occupied, jitter):
        from .volume_warp import march_warp

        return march_warp(origins, directions, occupied, half_side, step, jitter)
    if not use_kernel(origins, directions, occupied, jitter):
        return march_ref(origins, directions, occupied, half_side, step, jitter)
    reach = 2 * half_side * 3**0.5
    near = (origins.norm(dim=-1) - reach / 2 + jitter * step).numpy()
    offsets = np.zeros(len(origins) + 1, np.int64)
    rays = (origins.numpy(), directions.numpy(), occupied.numpy(), np.float32(occupied.shape[0] / 2 / half_side))
    how = (near, np.float32(step), int(reach / step) + 1)
    _march(*rays, *how, offsets, np.empty(0, np.float32))
    offsets = np.cumsum(offsets)
    distances = np.empty(offsets[-1], np.float32)
    if len(distances):
        _march(*rays, *how, offsets, distances)
    return torch.from_numpy(distances), torch.from_numpy(offsets)


def ray_of_sample(offsets: Tensor, count: int) -> Tensor:  # (R + 1,) -> (P,)
    """Index of the ray that owns each of ``count`` packed samples."""
    rays = torch.arange(len(offsets) - 1, device=offsets.device)
    return torch.repeat_interleave(rays, offsets.diff(), output_size=count)  # which a card need not be asked for


def weights_ref(thickness: Tensor, offsets: Tensor) -> Tensor:
    """Plain PyTorch twin of ``weights``: one running sum over all rays, rebased at each ray's start."""
    wide = thickness.double()  # a sum over all rays outgrows float32
    running = torch.cat([wide.new_zeros(1), wide.cumsum(0)])
    before = running[:-1] - running[offsets[:-1]][ray_of_sample(offsets, len(thickness))]
    return (torch.exp(-before) * -torch.expm1(-wide)).to(thickness.dtype)


@parallel_jit
def _forward(thickness, offsets, out):
    for r in prange(len(offsets) - 1):
        total = np.float32(0)
        for i in range(offsets[r], offsets[r + 1]):
            after = total + thickness[i]
            out[i] = math.exp(-total) - math.exp(-after)
            total = after


@parallel_jit
def _backward(thickness, offsets, weights, grad, out):
    # w_i = T_i − T_{i+1} with T_i = exp(−Σ_{j<i} x_j), so ∂L/∂x_k = g_k T_{k+1} − Σ_{i>k} g_i w_i.
    for r in prange(len(offsets) - 1):
        behind = np.float32(0)
        remaining = np.float32(0)
        for i in range(offsets[r], offsets[r + 1]):
            remaining += thickness[i]
        for i in range(offsets[r + 1] - 1, offsets[r] - 1, -1):
            out[i] = grad[i] * math.exp(-remaining) - behind
            behind += grad[i] * weights[i]
            remaining -= thickness[i]


class _Weights(torch.autograd.Function):
    @staticmethod
    def forward(ctx, thickness: Tensor, offsets: Tensor) -> Tensor:  # type: ignore[override]
        out = torch.empty_like(thickness)
        _forward(thickness.detach().numpy(), offsets.numpy(), out.numpy())
        ctx.save_for_backward(thickness, offsets, out)
        return out

    @staticmethod
    def backward(ctx, grad: Tensor):  # type: ignore[override]
        thickness, offsets, out = ctx.saved_tensors
        result = torch.empty_like(thickness)
        _backward(thickness.detach().numpy(), offsets.numpy(), out.numpy(), grad.contiguous().numpy(), result.numpy())
        return result, None


def weights(thickness: Tensor, offsets: Tensor) -> Tensor:
    """Share of each ray's light that comes from each of its samples.

    thickness (P,) = density · step ≥ 0; offsets (R + 1,) as ``march`` gives them.  Returns (P,); a ray's sum is
    its opacity.
    """
    if thickness.device.type == "mps":  # has no float64
        return weights(thickness.cpu(), offsets.cpu()).to(thickness.device)
    if use_kernel(thickness, offsets):
        return _Weights.apply(thickness.contiguous(), offsets)  # type: ignore[no-any-return]
    if use_warp(thickness, offsets):
        from .volume_warp import weights_warp

        return weights_warp(thickness, offsets)
    return weights_ref(thickness, offsets)
