"""The field's surface as a triangle mesh."""

import numpy as np
import torch
from skimage.measure import marching_cubes
from torch import Tensor

from .radiance import RadianceField


@torch.no_grad()
def distance_grid(field: RadianceField, resolution: int) -> Tensor:  # (R, R, R), axes x, y, z
    """Signed distance at the centres of a cubic grid over the field's cube, on the CPU."""
    device = field.hull_distance.device
    axis = ((torch.arange(resolution, device=device) + 0.5) / resolution * 2 - 1) * field.half_side
    points = torch.cartesian_prod(axis, axis, axis)
    values = torch.cat([field.distance(part) for part in points.split(1 << 18)])
    return values.reshape(resolution, resolution, resolution).cpu()


def extract_mesh(field: RadianceField, resolution: int = 128) -> tuple[Tensor, Tensor]:
    """Marching cubes (Lewiner et al. 2003) on the zero level: vertices (V, 3) in the world, faces (F, 3) outward."""
    values = distance_grid(field, resolution).numpy()
    values = np.pad(values, 1, constant_values=float(np.abs(values).max()))  # closed at the cube's walls
    vertices, faces, _, _ = marching_cubes(values, 0.0, gradient_direction="descent")
    world = ((vertices - 0.5) / resolution * 2 - 1) * field.half_side
    return torch.from_numpy(world.astype(np.float32)), torch.from_numpy(faces.astype(np.int64))
