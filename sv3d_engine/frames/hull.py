"""Visual hull: all space that no frame shows to be empty (Laurentini 1994), by carving voxels."""

import math

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from ..orbit.cameras import CameraOrbit

# Alpha above which a ray counts as seen.  On an anti-aliased edge bilinear alpha is 0.5 on the outline itself and
# about 0.1 half a pixel outside it, so wires thinner than a pixel survive.
SEEN_ALPHA = 0.1
_SLAB = 1 << 21  # voxels carved at once: bounds memory at high resolutions


def project(points: Tensor, orbit: CameraOrbit, index: int) -> Tensor:
    """World points (P, 3) to frame coordinates (P, 2): x right, y down, the frame is [−1, 1]²."""
    camera = (points - orbit.positions()[index].to(points)) @ orbit.rotations()[index].to(points).T
    depth = (-camera[:, 2:]).clamp_min(1e-6)
    return camera[:, :2] / (depth * orbit.tan_half_fov) * camera.new_tensor([1.0, -1.0])


def visual_hull(
    alpha: Tensor,  # (N, S, S) in [0, 1]
    orbit: CameraOrbit,
    resolution: int,
    half_side: float,
    may_miss: int = 0,
) -> Tensor:  # (R, R, R) bool, axes x, y, z
    """Voxels of the cube [−half_side, half_side]³ whose centres lie within every silhouette.

    ``may_miss`` silhouettes may leave a voxel out, which forgives frames that do not quite agree.  What lies outside
    a frame counts as its nearest border pixel: empty, or unknown where the object is cut off.
    """
    assert alpha.ndim == 3 and len(alpha) == len(orbit.views), alpha.shape
    step = 2 * half_side / resolution
    axis = (torch.arange(resolution, device=alpha.device) + 0.5) * step - half_side
    hull = torch.zeros(resolution, resolution, resolution, dtype=torch.bool, device=alpha.device)
    rows = max(1, _SLAB // resolution**2)
    for first in range(0, resolution, rows):
        slab = torch.cartesian_prod(axis[first : first + rows], axis, axis)
        kept = _carve(alpha, orbit, slab, may_miss)
        hull[first : first + rows].view(-1)[kept] = True
    return hull


def _carve(alpha: Tensor, orbit: CameraOrbit, points: Tensor, may_miss: int) -> Tensor:  # (K,) indices into points
    """Indices of the points (P, 3) that remain; each view looks only at what the views before it left."""
    kept = torch.arange(len(points), device=points.device)
    misses = torch.zeros(len(points), dtype=torch.int16, device=points.device)
    for view in _spread(len(alpha)):
        seen = sample(alpha[view], project(points, orbit, view)) > SEEN_ALPHA
        misses = misses + ~seen
        alive = misses <= may_miss
        kept, points, misses = kept[alive], points[alive], misses[alive]
    return kept


def _spread(count: int) -> list[int]:
    """All view indices, early ones far apart: opposing quarters carve most, and soon."""
    stride = max(1, round(count * 0.27))
    while math.gcd(stride, count) != 1:
        stride += 1
    return [i * stride % count for i in range(count)]


def sample(image: Tensor, xy: Tensor) -> Tensor:  # (S, S), (P, 2) -> (P,)
    """Bilinear lookup at frame coordinates; outside the frame the nearest border pixel."""
    grid = xy.to(image)[None, None]
    return grid_sample(image[None, None], grid, mode="bilinear", padding_mode="border", align_corners=False)[0, 0, 0]


def fit_distance(alpha: Tensor, orbit: CameraOrbit, resolution: int = 128) -> float | None:
    """The camera distance at which the longest side of the hull's bounding box is 1; None for an empty hull.

    A hull scales with its cameras' distance, so one measured at any distance tells: first in a cube that holds all
    that the frames can show, then again in a cube that just holds the object.
    """
    half_side = orbit.distance * math.sin(math.atan(math.sqrt(2) * orbit.tan_half_fov))
    may_miss = len(orbit.views) // 10  # generated frames differ a little; a lost handle would change the scale
    size = 0.0
    for _ in range(2):
        filled = visual_hull(alpha, orbit, resolution, half_side, may_miss).nonzero()
        if not len(filled):
            return None
        low, high = filled.amin(0), filled.amax(0) + 1
        step = 2 * half_side / resolution
        size = float((high - low).max()) * step
        reach = torch.maximum((low - resolution / 2).abs(), (high - resolution / 2).abs()).max()
        half_side = min(half_side, float(reach + 1) * step)
    return orbit.distance / size
