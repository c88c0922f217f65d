"""The demo's light: 24 spherical Gaussians fixed to the robot, and what they cast on a matt surface."""

import math

import torch
from torch import Tensor

GAUSSIANS = 24
_DIRECTIONS = 2048


def spiral(count: int) -> Tensor:  # (count, 3)
    """Unit vectors spread evenly over the sphere (Fibonacci)."""
    i = torch.arange(count) + 0.5
    z = 1 - 2 * i / count
    turn = math.pi * (3 - math.sqrt(5)) * i
    ring = (1 - z * z).sqrt()
    return torch.stack([ring * turn.cos(), ring * turn.sin(), z], -1)


def radiance(directions: Tensor) -> Tensor:  # (D, 3) -> (D, 3)
    """Light from each direction: a sky that darkens downwards, a warm key from the front left, a cool rim behind."""
    axes = spiral(GAUSSIANS)
    sky = torch.tensor([0.20, 0.22, 0.25]) * (0.75 + 0.45 * axes[:, 2:])
    key = torch.tensor([2.1, 1.8, 1.4]) * _towards(axes, (0.7, 0.5, 0.6)) ** 6
    rim = torch.tensor([0.5, 0.8, 1.2]) * _towards(axes, (-0.6, -0.7, 0.3)) ** 8
    lobes = torch.exp(6.0 * (directions @ axes.T - 1))
    return lobes @ (sky + key + rim)


def irradiance(normals: Tensor) -> Tensor:  # (P, 3) -> (P, 3)
    """Light that a surface with these unit normals receives, over π, by summing over the sphere; nothing shadows."""
    directions = spiral(_DIRECTIONS)
    light = radiance(directions) * (4 / _DIRECTIONS)
    chunks = [(part @ directions.T).clamp_min(0) @ light for part in normals.split(1 << 14)]
    return torch.cat(chunks) if chunks else torch.zeros(0, 3)


def _towards(axes: Tensor, direction: tuple[float, float, float]) -> Tensor:  # (G, 3) -> (G, 1)
    return (axes @ torch.nn.functional.normalize(torch.tensor(direction), dim=0)).clamp_min(0)[:, None]
