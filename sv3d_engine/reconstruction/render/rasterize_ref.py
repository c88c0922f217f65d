"""Plain PyTorch twin of ``rasterize``: a z-buffer by scatter-maximum over each triangle's pixel box."""

import torch
from torch import Tensor

_CANDIDATES = 1 << 22  # pixel tests at once: bounds memory


def visible_faces_ref(screen: Tensor, faces: Tensor, height: int, width: int) -> Tensor:  # (H, W) int64
    """Index of the nearest face at every pixel centre, −1 where there is none; any device, no gradient."""
    device = screen.device
    corners = screen.detach().float()[faces]  # (F, 3, 3)
    low = (corners[..., :2].amin(1) - 0.5).ceil().long().clamp_min(0)
    limit = torch.tensor([width - 1, height - 1], device=device)
    high = torch.minimum((corners[..., :2].amax(1) - 0.5).floor().long(), limit)
    extent = (high - low + 1).amax(-1)
    kept = ((high >= low).all(-1) & _area(corners).ne(0)).nonzero()[:, 0]
    # Nearer wins, then the lower index: one 64-bit key orders both.
    best = torch.full((height * width,), -1, dtype=torch.int64, device=device)
    side = 1
    while len(kept):
        now = kept[(extent[kept] <= side) & (extent[kept] > side // 2)]
        for part in now.split(max(1, _CANDIDATES // side**2)):
            _draw(corners[part], low[part], high[part], part, side, width, best)
        kept = kept[extent[kept] > side]
        side *= 2
    index = 0x7FFF_FFFF - (best & 0x7FFF_FFFF)
    return torch.where(best < 0, -1, index).reshape(height, width)


def _area(corners: Tensor) -> Tensor:
    a, b = corners[:, 1, :2] - corners[:, 0, :2], corners[:, 2, :2] - corners[:, 0, :2]
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def _draw(corners: Tensor, low: Tensor, high: Tensor, index: Tensor, side: int, width: int, best: Tensor) -> None:
    offset = torch.arange(side, device=corners.device)
    x = (low[:, :1] + offset)[:, None, :].expand(-1, side, -1)
    y = (low[:, 1:] + offset)[:, :, None].expand(-1, -1, side)
    px, py = x + 0.5, y + 0.5
    weights = []
    for i in range(3):
        a, b = corners[:, (i + 1) % 3, None, None], corners[:, (i + 2) % 3, None, None]
        weights.append((b[..., 0] - a[..., 0]) * (py - a[..., 1]) - (b[..., 1] - a[..., 1]) * (px - a[..., 0]))
    sign = torch.sign(_area(corners))[:, None, None]
    w = torch.stack(weights) * sign
    inside = (w >= 0).all(0) & (x <= high[:, :1, None]) & (y <= high[:, 1:, None])
    closeness = (w / corners[..., 2].T[:, :, None, None]).sum(0) / w.sum(0)
    key = (closeness.view(torch.int32).long() << 31) | (0x7FFF_FFFF - index)[:, None, None]
    best.scatter_reduce_(0, (y * width + x)[inside], key[inside], "amax")
