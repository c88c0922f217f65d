"""The coarse scene: an Instant-NGP field whose density comes from a signed distance.

A free density explains untextured surfaces as fog (on the benchmark's cow: volume IoU 0.64, where the silhouettes
alone give 0.92).  A signed distance that starts at the visual hull, rendered with NeuS's unbiased opacity, keeps one
surface from the first step (0.95).
"""

from pathlib import Path

import numpy as np
import torch
from skimage.measure import marching_cubes
from torch import Tensor, nn
from torch.nn.functional import grid_sample, relu, softplus

from ...ground.files import reading
from ...ground.tensor_store import load_tensors, save_tensors
from ..frames.hull import voxel_centres
from .hash_grid import HashGrid
from .highlight import Highlight

OUTSIDE_HULL = 0.03  # how far beyond the hull the surface may lie, in half sides of the cube
_BATCH = 1 << 18  # points whose distance is asked for at once
_RESIDUAL_SCALE = 0.1  # world units of distance per unit of network output


class RadianceField(nn.Module):
    """Signed distance and colour inside [−half_side, half_side]³.

    ``hull_distance`` (R, R, R), axes x, y, z, is where the surface starts; the hash grid learns what to add.
    """

    hull_distance: Tensor

    def __init__(
        self, half_side: float, hull_distance: Tensor, levels: int = 10, finest: int = 256, log2_rows: int = 16
    ) -> None:
        super().__init__()
        self.half_side = half_side
        self.register_buffer("hull_distance", hull_distance)
        self.grid = HashGrid(levels, coarsest=16, finest=finest, log2_rows=log2_rows)
        self.decoder = nn.Sequential(nn.Linear(self.grid.channels, 32), nn.ReLU(), nn.Linear(32, 4))
        nn.init.zeros_(self.decoder[2].bias)  # type: ignore[arg-type]  # the surface starts at the hull itself
        self.highlight = Highlight(self.grid.channels)

    def features(self, points: Tensor) -> Tensor:  # (P, 3) -> (P, C)
        return self.grid((points / self.half_side + 1) / 2)  # type: ignore[no-any-return]

    def distance_from(self, points: Tensor, residual: Tensor) -> Tensor:  # (P, 3), (P,) -> (P,)
        where = (points / self.half_side)[None, None, None].flip(-1)
        hull = grid_sample(self.hull_distance[None, None], where, align_corners=False, padding_mode="border")
        # Nothing is sampled far outside the hull, so nothing but this keeps the surface from swelling there.
        least = OUTSIDE_HULL * self.half_side
        added = _RESIDUAL_SCALE * residual
        return hull[0, 0, 0, 0] + torch.where(added < 0, least * torch.tanh(added / least), added)

    def distance(self, points: Tensor) -> Tensor:  # (P, 3) -> (P,)
        """Signed distance in world units, negative inside."""
        return self.distance_from(points, self.decoder(self.features(points))[:, 0])

    @torch.no_grad()
    def distances(self, points: Tensor) -> Tensor:  # (P, 3) -> (P,)
        """``distance`` of any number of points, without gradient."""
        return torch.cat([self.distance(part) for part in points.split(_BATCH)])

    def forward(self, points: Tensor, directions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Signed distance (P,), sRGB colour (P, 3) without highlight, and the highlight to add to it (P, 1).

        points, directions (P, 3) in the world; directions are unit vectors away from the camera.
        """
        features = self.features(points)
        decoded = self.decoder(features)
        distance = self.distance_from(points, decoded[:, 0])
        return distance, torch.sigmoid(decoded[:, 1:]), self.highlight(features, directions)


def unbiased_thickness(distance: Tensor, last_of_ray: Tensor, width: float) -> Tensor:
    """Optical thickness between each sample and the next on its ray, after NeuS (Wang et al. 2021, eq. 10–13).

    distance (P,) signed; last_of_ray (P,) bool, where there is no next; ``width`` of the logistic edge in world
    units.  A ray that just touches the surface gets opacity 1/2, whatever the width.  Returns (P,) ≥ 0.
    """
    depth_inside = softplus(-distance / width)  # −log of the logistic CDF at the distance
    following = torch.cat([depth_inside[1:], depth_inside[-1:]])
    return relu(following - depth_inside).masked_fill(last_of_ray, 0.0)


def save_field(field: RadianceField, trust: float, path: Path) -> None:
    """Write a field, and how far its frames can be trusted; whole or not at all."""
    save_tensors(field.state_dict(), {"half_side": field.half_side, "trust": trust}, path)


def load_field(path: Path) -> tuple[RadianceField, float]:
    """What ``save_field`` wrote, on the CPU.  Raises UserError."""
    tensors, facts = load_tensors(path)
    with reading(path):
        field = RadianceField(facts["half_side"], tensors["hull_distance"])
        field.load_state_dict(tensors)
        return field, float(facts["trust"])


def distance_grid(field: RadianceField, resolution: int) -> Tensor:  # (R, R, R), axes x, y, z
    """Signed distance at the centres of a cubic grid over the field's cube, on the CPU."""
    device = field.hull_distance.device
    axis = voxel_centres(torch.arange(resolution, device=device), resolution, field.half_side)
    points = torch.cartesian_prod(axis, axis, axis)
    return field.distances(points).reshape(resolution, resolution, resolution).cpu()


def extract_mesh(field: RadianceField, resolution: int = 128) -> tuple[Tensor, Tensor]:
    """Marching cubes (Lewiner et al. 2003) on the zero level: vertices (V, 3) in the world, faces (F, 3) outward.

    Empty where nothing is solid.
    """
    values = distance_grid(field, resolution).numpy()
    if not (values < 0).any():
        return torch.zeros(0, 3), torch.zeros(0, 3, dtype=torch.int64)
    values = np.pad(values, 1, constant_values=float(np.abs(values).max()))  # closed at the cube's walls
    vertices, faces, _, _ = marching_cubes(values, 0.0, gradient_direction="descent")
    world = ((vertices - 0.5) / resolution * 2 - 1) * field.half_side
    return torch.from_numpy(world.astype(np.float32)), torch.from_numpy(faces.astype(np.int64))
