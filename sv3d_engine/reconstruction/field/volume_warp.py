"""Volume rendering's kernels for CUDA: where rays are sampled, and what each sample contributes."""

import torch
import warp as wp
from torch import Tensor

from ...ground.warp_kernels import launch

SPANS = 8  # threads that share a ray's way: a batch of rays alone would leave most of a card idle


@wp.kernel(enable_backward=False)
def _walk(
    origins: wp.array[wp.vec3],
    directions: wp.array[wp.vec3],
    jitter: wp.array[wp.float32],
    occupied: wp.array3d[wp.bool],
    half_side: float,
    step: float,
    reach: float,
    steps: int,  # of a span
    ends: wp.array[wp.int64],
    out: wp.array[wp.float32],
):
    """Writes a span's kept distances to out[ends[span]:]; without ``out`` only counts them, in ends[span + 1]."""
    ray, span = wp.tid()
    place = ray * SPANS + span
    origin, direction = origins[ray], directions[ray]
    side = occupied.shape[0]
    scale, middle = float(side) / 2.0 / half_side, float(side) / 2.0
    near = wp.length(origin) - reach / 2.0 + jitter[ray] * step
    write = out.shape[0] > 0
    start = int(ends[place])
    kept = wp.int32(0)  # which warp takes for a variable, a plain 0 for a constant
    for i in range(span * steps, (span + 1) * steps):
        t = near + float(i) * step
        x = int(wp.floor((origin[0] + t * direction[0]) * scale + middle))
        y = int(wp.floor((origin[1] + t * direction[1]) * scale + middle))
        z = int(wp.floor((origin[2] + t * direction[2]) * scale + middle))
        if x >= 0 and y >= 0 and z >= 0 and x < side and y < side and z < side and occupied[x, y, z]:
            if write:
                out[start + kept] = t
            kept += 1
    if not write:
        ends[place + 1] = wp.int64(kept)


def march_warp(
    origins: Tensor, directions: Tensor, occupied: Tensor, half_side: float, step: float, jitter: Tensor
) -> tuple[Tensor, Tensor]:
    """Distances of the samples that fall into occupied cells, packed ray after ray.

    origins, directions (R, 3); occupied (G, G, G) bool over [−half_side, half_side]³; ``step`` in world units;
    jitter (R,) in [0, 1) shifts each ray's samples.  Returns distances (P,) and offsets (R + 1,): ray r owns
    ``distances[offsets[r]:offsets[r + 1]]``.
    """
    reach = 2 * half_side * 3**0.5
    steps = -(-(int(reach / step) + 1) // SPANS)
    rays = origins.contiguous(), directions.contiguous(), jitter, occupied, half_side, step, reach, steps
    threads = len(origins), SPANS
    counts = torch.zeros(len(origins) * SPANS + 1, dtype=torch.long, device=origins.device)
    launch(_walk, threads, *rays, counts, None)
    ends = counts.cumsum(0)
    distances = origins.new_empty(int(ends[-1]))
    if len(distances):
        launch(_walk, threads, *rays, ends, distances)
    return distances, ends[::SPANS].contiguous()


@wp.kernel(enable_backward=False)
def _shares(thickness: wp.array[wp.float32], offsets: wp.array[wp.int64], out: wp.array[wp.float32]):
    ray = wp.tid()
    total = wp.float32(0.0)
    for i in range(int(offsets[ray]), int(offsets[ray + 1])):
        after = total + thickness[i]
        out[i] = wp.exp(-total) - wp.exp(-after)
        total = after


@wp.kernel(enable_backward=False)
def _thickness_gradient(
    thickness: wp.array[wp.float32],
    offsets: wp.array[wp.int64],
    shares: wp.array[wp.float32],
    grad: wp.array[wp.float32],
    out: wp.array[wp.float32],
):
    # w_i = T_i − T_{i+1} with T_i = exp(−Σ_{j<i} x_j), so ∂L/∂x_k = g_k T_{k+1} − Σ_{i>k} g_i w_i.
    ray = wp.tid()
    first, last = int(offsets[ray]), int(offsets[ray + 1]) - 1
    remaining = wp.float32(0.0)
    for i in range(first, last + 1):
        remaining += thickness[i]
    behind = wp.float32(0.0)
    for i in range(last, first - 1, -1):
        out[i] = grad[i] * wp.exp(-remaining) - behind
        behind += grad[i] * shares[i]
        remaining -= thickness[i]


class _Weights(torch.autograd.Function):
    @staticmethod
    def forward(ctx, thickness: Tensor, offsets: Tensor) -> Tensor:  # type: ignore[override]
        out = torch.empty_like(thickness)
        launch(_shares, (len(offsets) - 1,), thickness, offsets, out)
        ctx.save_for_backward(thickness, offsets, out)
        return out

    @staticmethod
    def backward(ctx, grad: Tensor):  # type: ignore[override]
        thickness, offsets, shares = ctx.saved_tensors
        out = torch.empty_like(thickness)
        launch(_thickness_gradient, (len(offsets) - 1,), thickness, offsets, shares, grad, out)
        return out, None


def weights_warp(thickness: Tensor, offsets: Tensor) -> Tensor:
    """Share of each ray's light that comes from each of its samples.

    thickness (P,) = density · step ≥ 0; offsets (R + 1,) as ``march_warp`` gives them.  Returns (P,); a ray's sum is
    its opacity.
    """
    return _Weights.apply(thickness, offsets)  # type: ignore[no-any-return]
