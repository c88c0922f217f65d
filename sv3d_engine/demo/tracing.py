"""Sphere tracing (Hart 1996): pictures of a signed distance field as straight-alpha sRGB."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..orbit.cameras import CameraOrbit

Field = Callable[[Tensor], Tensor]  # (P, 3) -> (P,)
Shade = Callable[[Tensor, Tensor], Tensor]  # points (P, 3), normals (P, 3) -> linear colour (P, 3)

_STEPS = 96
_CLOSE = 2e-4
_REACH = 0.9  # radius of a ball around the object


def render(orbit: CameraOrbit, index: int, size: int, distance: Field, shade: Shade, samples: int = 3) -> Tensor:
    """One frame (S, S, 4): sRGB and straight alpha in [0, 1], ``samples``² rays a pixel."""
    origin, rays = _rays(orbit, index, size * samples)
    hit, points = trace(origin, rays, distance)
    linear = torch.zeros_like(rays)
    linear[hit] = shade(points[hit], normals(points[hit], distance))
    coverage = hit.float()[:, None]
    layers = torch.cat([linear * coverage, coverage], -1).view(size * samples, size * samples, 4).permute(2, 0, 1)
    pixels = torch.nn.functional.avg_pool2d(layers[None], samples)[0].permute(1, 2, 0)
    alpha = pixels[..., 3:]
    return torch.cat([to_srgb(pixels[..., :3] / alpha.clamp_min(1e-6)), alpha], -1)


def trace(origin: Tensor, rays: Tensor, distance: Field) -> tuple[Tensor, Tensor]:
    """Follow unit rays (P, 3) from (3,) to the surface: hit or not (P,), and where (P, 3)."""
    nearest = -(rays @ origin)
    travelled = (nearest - _REACH).clamp_min(0)
    apart = (origin + nearest[:, None] * rays).norm(dim=-1)
    active = (apart < _REACH).nonzero()[:, 0]
    hit = torch.zeros(len(rays), dtype=torch.bool)
    for _ in range(_STEPS):
        gap = distance(origin + travelled[active, None] * rays[active])
        travelled[active] += gap
        hit[active[gap < _CLOSE]] = True
        active = active[(gap >= _CLOSE) & (travelled[active] < nearest[active] + _REACH)]
        if not len(active):
            break
    return hit, origin + travelled[:, None] * rays


def normals(points: Tensor, distance: Field, step: float = 1e-3) -> Tensor:  # (P, 3)
    """Unit gradients by central differences."""
    offsets = step * torch.eye(3)
    slopes = [distance(points + o) - distance(points - o) for o in offsets]
    return torch.nn.functional.normalize(torch.stack(slopes, -1), dim=-1)


def to_srgb(linear: Tensor) -> Tensor:
    """Linear light to sRGB values, clipped to [0, 1]."""
    x = linear.clamp(0, 1)
    return torch.where(x <= 0.0031308, 12.92 * x, 1.055 * x.clamp_min(0.0031308) ** (1 / 2.4) - 0.055)


def _rays(orbit: CameraOrbit, index: int, size: int) -> tuple[Tensor, Tensor]:
    """Camera centre (3,) and unit rays (size², 3) through the pixels, row by row."""
    across = ((torch.arange(size) + 0.5) / size * 2 - 1) * orbit.tan_half_fov
    y, x = torch.meshgrid(-across, across, indexing="ij")
    camera = torch.stack([x, y, -torch.ones_like(x)], -1).view(-1, 3)
    world = torch.nn.functional.normalize(camera, dim=-1) @ orbit.rotations()[index]
    return orbit.positions()[index], world
