"""Plain PyTorch twin of the photo-consistency sweep."""

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, normalize

OPAQUE = 0.9  # alpha from which a pixel shows the object and nothing behind it
FLAT = 0.005  # root mean square contrast, sRGB, below which there is nothing to compare
NOISE = 0.0032  # contrast that counts as noise
UNKNOWN = -2.0


def tangents(normals: Tensor) -> Tensor:  # (P, 3) -> (P, 2, 3)
    """Two unit vectors across each normal and each other."""
    aside = torch.where(normals[:, :1].abs() < 0.6, normals.new_tensor([1.0, 0, 0]), normals.new_tensor([0, 1.0, 0]))
    first = normalize(torch.linalg.cross(normals, aside), dim=-1)
    return torch.stack([first, torch.linalg.cross(normals, first)], 1)


def photo_consistency_ref(
    points: Tensor,
    normals: Tensor,
    cameras: Tensor,
    pictures: Tensor,
    order: Tensor,
    offsets: Tensor,
    radius: int,
    spacing: float,
) -> Tensor:  # (P, K)
    """``photo_consistency``, one offset and one frame of each point's list at a time."""
    _, height, width, _ = pictures.shape
    steps = torch.arange(-radius, radius + 1, device=points.device) * spacing
    grid = torch.cartesian_prod(steps, steps)  # (Q, 2)
    patch = torch.einsum("qa,pad->pqd", grid.to(points), tangents(normals))  # (P, Q, 3)
    planes = pictures.permute(0, 3, 1, 2)
    scores = []
    for offset in offsets:
        places = (points + offset * normals)[:, None] + patch
        seen = [_look(planes, cameras, order[:, m], places, height, width) for m in range(order.shape[1])]
        first, usable = seen[0]
        power = first.square().sum(1)
        length = first.shape[1]
        usable = usable & (power >= FLAT**2 * length)
        noise = NOISE**2 * length
        agreed = []
        for other, whole in seen[1:]:
            score = (first * other).sum(1) / ((power + noise) * (other.square().sum(1) + noise)).sqrt()
            agreed.append(torch.where(whole & usable, score, -torch.inf))
        best = torch.stack(agreed, 1).sort(1, descending=True).values
        found = best.isfinite().sum(1)
        kept = torch.div(found + 1, 2, rounding_mode="floor")
        taken = torch.arange(best.shape[1], device=points.device) < kept[:, None]
        mean = torch.where(taken, best, 0.0).sum(1) / kept.clamp_min(1)
        scores.append(torch.where(found > 0, mean, UNKNOWN))
    return torch.stack(scores, 1)


def _look(
    planes: Tensor, cameras: Tensor, view: Tensor, places: Tensor, height: int, width: int
) -> tuple[Tensor, Tensor]:
    """Patches of each point's frame ``view`` (P,), less their means (P, 3·Q), and whether they are whole (P,)."""
    matrix = cameras[view.clamp_min(0)]
    seen = torch.einsum("pij,pqj->pqi", matrix[..., :3], places) + matrix[:, None, :, 3]
    column, row = seen[..., 0] / seen[..., 2] - 0.5, seen[..., 1] / seen[..., 2] - 0.5
    inside = (column >= 0) & (row >= 0) & (column < width - 1) & (row < height - 1)
    samples = planes.new_zeros(*column.shape, 4)
    for index in range(len(planes)):
        here = (view == index).nonzero()[:, 0]
        grid = torch.stack([(column[here] + 0.5) / width, (row[here] + 0.5) / height], -1) * 2 - 1
        samples[here] = grid_sample(planes[index, None], grid[None], align_corners=False)[0].permute(1, 2, 0)
    whole = (view >= 0) & inside.all(1) & (samples[..., 3] >= OPAQUE).all(1)
    return (samples[..., :3] - samples[..., :3].mean(1, keepdim=True)).flatten(1), whole
