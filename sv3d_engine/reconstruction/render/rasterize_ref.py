"""Plain PyTorch twin of ``rasterize``: a z-buffer by scatter-maximum over the pixels of every triangle's box."""

import torch
from torch import Tensor

_CANDIDATES = 1 << 22  # pixel tests at once: bounds memory


def visible_faces_ref(screen: Tensor, faces: Tensor, height: int, width: int) -> Tensor:  # (H, W) int64
    """Index of the nearest face at every pixel centre, −1 where there is none; any device, no gradient."""
    device = screen.device
    corners = screen.detach().float()[faces]  # (F, 3, 3)
    low = (corners[..., :2].amin(1) - 0.5).ceil().long().clamp_min(0)
    right, bottom = ((corners[..., :2].amax(1) - 0.5).floor().long() + 1).unbind(1)  # the first outside the box
    across = (right.clamp_max(width) - low[:, 0]).clamp_min(0)
    down = (bottom.clamp_max(height) - low[:, 1]).clamp_min(0)
    area = _cross(corners[:, 1, :2] - corners[:, 0, :2], corners[:, 2, :2] - corners[:, 0, :2])
    end = (across * down * area.ne(0)).cumsum(0)  # where each face's candidates end, all laid end to end
    # Nearer wins, then the lower index: one 64-bit key orders both.
    best = torch.full((height * width,), -1, dtype=torch.int64, device=device)
    total = int(end[-1]) if len(end) else 0
    for start in range(0, total, _CANDIDATES):
        candidate = torch.arange(start, min(start + _CANDIDATES, total), device=device)
        face = torch.searchsorted(end, candidate, right=True)
        place = candidate - end[face] + across[face] * down[face]
        x = low[face, 0] + place % across[face]
        y = low[face, 1] + torch.div(place, across[face], rounding_mode="floor")
        weights, closeness = _tested(corners[face], x + 0.5, y + 0.5, area[face])
        key = (closeness.view(torch.int32).long() << 31) | (0x7FFF_FFFF - face)
        inside = torch.minimum(weights.amin(-1), closeness) >= 0  # no number where a sliver's weights round to nothing
        key = torch.where(inside, key, -1)
        best.scatter_reduce_(0, y * width + x, key, "amax")
    index = 0x7FFF_FFFF - (best & 0x7FFF_FFFF)
    return torch.where(best < 0, -1, index).reshape(height, width)


def _tested(corners: Tensor, x: Tensor, y: Tensor, area: Tensor) -> tuple[Tensor, Tensor]:
    """Weights (P, 3) of the corners (P, 3, 3) at points, all ≥ 0 inside, and one over the depth there (P,)."""
    apart = corners[..., :2] - torch.stack([x, y], -1)[:, None]  # (P, 3, 2)
    weights = _cross(apart.roll(-1, 1), apart.roll(-2, 1)) * torch.sign(area)[:, None]
    return weights, (weights / corners[..., 2]).sum(-1) / weights.sum(-1)


def _cross(a: Tensor, b: Tensor) -> Tensor:  # (…, 2) twice -> (…)
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
