"""Volume rendering over packed samples: optical thickness to weights (Mildenhall et al. 2020, eq. 3)."""

import math

import numpy as np
import torch
from torch import Tensor

from ..kernels import parallel_jit, prange, use_kernel


def ray_of_sample(offsets: Tensor) -> Tensor:  # (R + 1,) -> (P,)
    """Index of the ray that owns each packed sample."""
    counts = offsets[1:] - offsets[:-1]
    return torch.repeat_interleave(torch.arange(len(counts), device=offsets.device), counts)


def weights_ref(thickness: Tensor, offsets: Tensor) -> Tensor:
    """Plain PyTorch twin of ``weights``: one running sum over all rays, rebased at each ray's start."""
    wide = thickness.double()  # a sum over all rays outgrows float32
    running = torch.cat([wide.new_zeros(1), wide.cumsum(0)])
    before = running[:-1] - running[offsets[:-1]][ray_of_sample(offsets)]
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

    thickness (P,) = density · step ≥ 0; offsets (R + 1,) as ``rays.march`` gives them.  Returns (P,); a ray's sum is
    its opacity.
    """
    if thickness.device.type == "mps":  # has no float64
        return weights(thickness.cpu(), offsets.cpu()).to(thickness.device)
    if use_kernel(thickness):
        return _Weights.apply(thickness.contiguous(), offsets)  # type: ignore[no-any-return]
    return weights_ref(thickness, offsets)
