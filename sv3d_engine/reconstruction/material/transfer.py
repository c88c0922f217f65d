"""How much of the light from each direction reaches a point: cosine and shadow, from small depth maps."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ...ground.progress import Progress
from ..light import fibonacci_sphere
from ..render.rasterize import depth_map

DIRECTIONS = 192
MAP_SIZE = 192  # pixels of a depth map along one side
BIAS = 1.5  # pixels that points are lifted by, so that a surface does not shade itself


def visibility(
    points: Tensor,  # (P, 3)
    normals: Tensor,  # (P, 3) unit
    vertices: Tensor,  # (V, 3)
    faces: Tensor,  # (F, 3)
    count: int = DIRECTIONS,
    size: int = MAP_SIZE,
    progress: Progress | None = None,
) -> Tensor:  # (P, K)
    """Share in [0, 1] of the light from each of ``fibonacci_sphere(count)`` that meets points unhindered."""
    progress = progress or Progress()
    centre = (vertices.amax(0) + vertices.amin(0)) / 2
    radius = (vertices - centre).norm(dim=-1).amax() * 1.01
    pixel = float(2 * radius / size)
    lifted = (points - centre + BIAS * pixel * normals) / radius
    mesh = (vertices - centre) / radius
    seen = torch.zeros(len(points), count)
    for k, direction in enumerate(fibonacci_sphere(count)):
        progress(k / count, "Casting shadows")
        front = (normals @ direction > 0).nonzero()[:, 0]
        axes = _axes(direction)
        height = _height_map(mesh @ axes.T, faces, size)
        seen[front, k] = _above(height, lifted[front] @ axes.T, BIAS * 2 / size)
    return seen


def irradiance(normals: Tensor, seen: Tensor) -> Tensor:  # (P, 3), (P, K) -> (P, K)
    """Irradiance over π at points, by each direction's radiance; rows sum to 1 where nothing is in the way."""
    cosine = (normals @ fibonacci_sphere(seen.shape[1]).T).clamp_min(0)
    return seen * cosine * (4 / seen.shape[1])


def _axes(direction: Tensor) -> Tensor:  # (3,) -> (3, 3)
    """Rows: right, down and the direction itself."""
    aside = torch.eye(3)[direction.abs().argmin()]
    right = normalize(torch.linalg.cross(aside, direction), dim=0)
    return torch.stack([right, torch.linalg.cross(direction, right), direction])


def _height_map(mesh: Tensor, faces: Tensor, size: int) -> Tensor:  # (V, 3) -> (S, S)
    """Height in [−1, 1] along the third axis of what is seen from above, −2 where nothing is."""
    screen = torch.empty_like(mesh)
    screen[:, :2] = (mesh[:, :2] + 1) * (size / 2)
    screen[:, 2] = 1 / (mesh[:, 2] + 2)  # what is linear on the screen is 1/depth: the view is parallel
    return 1 / depth_map(screen, faces, size) - 2


def _above(height: Tensor, points: Tensor, bias: float) -> Tensor:  # (S, S), (P, 3) -> (P,)
    """Bilinear share of the four pixels around a point that are not higher than it (percentage-closer filtering)."""
    size = height.shape[-1]
    place = (points[:, :2] + 1) * (size / 2) - 0.5
    corner = place.floor()
    x, y = (place - corner).unbind(-1)
    column, row = corner.long().clamp(0, size - 2).unbind(-1)
    level = points[:, 2] + bias
    flat, first = height.reshape(-1), row * size + column
    free = [(flat[first + step] <= level).float() for step in (0, 1, size, size + 1)]
    top, bottom = free[0] + (free[1] - free[0]) * x, free[2] + (free[3] - free[2]) * x
    return top + (bottom - top) * y
