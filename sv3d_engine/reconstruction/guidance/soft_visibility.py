"""How far the frames leave a place to the imagination: the paper's soft mask M = 1 − f_s(v_c·n, 0, ½).

Voleti et al. 2024, "SV3D", section 4.3.
"""

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d, normalize

from ...orbit.cameras import CameraOrbit, pixel_size, project
from ..losses import STEEPEST
from ..render.rasterize import depth_map, vertex_normals

SEEN = 0.5  # cosine to the best camera from which nothing is left to the imagination
MAP_SIZE = 192  # pixels of the depth maps that tell what is hidden


def smooth_step(x: Tensor, low: float, high: float) -> Tensor:
    """f_s: 0 up to ``low``, 1 from ``high``, between them x̂²(3 − 2x̂) of the share x̂ of the way."""
    share = ((x - low) / (high - low)).clamp(0, 1)
    return share * share * (3 - 2 * share)


@torch.no_grad()
def unseen_share(
    vertices: Tensor, faces: Tensor, orbit: CameraOrbit, occlusion: bool = False
) -> Tensor:  # (V, 3), (F, 3) -> (V,)
    """M in [0, 1] at each vertex: 0 where a camera of the frames looks on squarely, 1 where all look from behind.

    The paper asks only how a place is turned; with ``occlusion`` a camera counts only where it sees the place.
    """
    normals = vertex_normals(vertices, faces)
    best = torch.full_like(vertices[:, 0], -1.0)
    for index, position in enumerate(orbit.on(vertices.device)[0]):
        facing = (normalize(position - vertices, dim=-1) * normals).sum(-1)
        if occlusion:
            facing = torch.where(_in_sight(vertices, faces, facing, orbit, index), facing, -1.0)
        best = torch.maximum(best, facing)
    return 1 - smooth_step(best, 0.0, SEEN)


def _in_sight(vertices: Tensor, faces: Tensor, facing: Tensor, orbit: CameraOrbit, index: int) -> Tensor:  # (V,) bool
    """Whether nothing lies before a vertex, but for what is as near as pixels can tell."""
    screen = project(vertices, orbit, index, MAP_SIZE)
    farthest = max_pool2d(depth_map(screen, faces, MAP_SIZE)[None], 3, 1, 1)[0]
    column, row = screen[:, :2].long().clamp(0, MAP_SIZE - 1).unbind(-1)
    slack = pixel_size(orbit, MAP_SIZE) * (1 / facing.clamp_min(1e-3)).clamp(max=STEEPEST)
    return screen[:, 2] < farthest[row, column] + slack
