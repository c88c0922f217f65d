"""Visual hull: all space that no frame shows to be empty (Laurentini 1994), by carving voxels."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn.functional import grid_sample

from ...orbit.cameras import CameraOrbit, frame_coordinates

# Alpha above which a ray counts as seen.  On an anti-aliased edge bilinear alpha is 0.5 on the outline itself and
# about 0.1 half a pixel outside it, so wires thinner than a pixel survive.
SEEN_ALPHA = 0.1
_WHOLE = 0.95  # share of the silhouettes that the hull of frames that agree fills
_ALL_OF_ONE = 1 - 1e-4  # weights that add up to a whole frame, in spite of rounding
HULL_RESOLUTION = 128
_STAIRS = 1.0  # voxels that a hull's distance is smoothed by; at 1.5 the benchmark's chair lost its slats
_MARGIN = 1.1  # of the cube around the hull
_SLAB = 1 << 21  # voxels carved at once: bounds memory at high resolutions


def voxel_centres(index: Tensor, resolution: int, half_side: float) -> Tensor:
    """World coordinates of voxels by index, any shape; ``resolution`` of them span [−half_side, half_side]."""
    return ((index + 0.5) / resolution * 2 - 1) * half_side


def visual_hull(
    alpha: Tensor,  # (N, S, S) in [0, 1]
    orbit: CameraOrbit,
    resolution: int,
    half_side: float,
    may_miss: int = 0,
    seen_alpha: float = SEEN_ALPHA,
) -> Tensor:  # (R, R, R) bool, axes x, y, z
    """Voxels of the cube [−half_side, half_side]³ whose centres lie within every silhouette.

    ``may_miss`` silhouettes may leave a voxel out, which forgives frames that do not quite agree; one of less weight
    counts as a part of one, a true picture among imagined ones as several.  What lies outside a frame counts as its
    nearest border pixel: empty, or unknown where the object is cut off.
    """
    assert alpha.ndim == 3 and len(alpha) == len(orbit.views), alpha.shape
    hull = torch.zeros(resolution, resolution, resolution, dtype=torch.bool, device=alpha.device)
    for first, slab in _slabs(resolution, half_side, alpha.device):
        hull[first:].view(-1)[_carve(alpha, orbit, slab, may_miss, seen_alpha)] = True
    return hull


def surviving_points(
    alpha: Tensor, orbit: CameraOrbit, resolution: int, half_side: float, may_miss: int
) -> Tensor:  # (P, 3)
    """Centres of visual_hull's voxels."""
    slabs = [slab for _, slab in _slabs(resolution, half_side, alpha.device)]
    return torch.cat([slab[_carve(alpha, orbit, slab, may_miss, SEEN_ALPHA)] for slab in slabs])


def frame_reach(orbit: CameraOrbit) -> float:
    """Half side of a cube around all that every frame can show: the radius of what is in view at the centre."""
    return orbit.distance * float(orbit.shares.min()) * math.sin(math.atan(math.sqrt(2) * orbit.tan_half_fov))


def _slabs(resolution: int, half_side: float, device: torch.device) -> Iterator[tuple[int, Tensor]]:
    """First x index and voxel centres (P, 3) of each slab of the cube."""
    axis = voxel_centres(torch.arange(resolution, device=device), resolution, half_side)
    rows = max(1, _SLAB // resolution**2)
    for first in range(0, resolution, rows):
        yield first, torch.cartesian_prod(axis[first : first + rows], axis, axis)


def _carve(alpha: Tensor, orbit: CameraOrbit, points: Tensor, may_miss: int, seen_alpha: float) -> Tensor:  # (K,)
    """Indices of the points (P, 3) that remain; each view looks only at what the views before it left."""
    kept = torch.arange(len(points), device=points.device)
    misses = torch.zeros(len(points), device=points.device)
    for view in _spread(len(alpha)):
        empty = look_up(alpha[view], frame_coordinates(points, orbit, view)) <= seen_alpha
        misses = misses + orbit.views[view].say * empty
        alive = misses < may_miss + _ALL_OF_ONE
        kept, points, misses = kept[alive], points[alive], misses[alive]
    return kept


def _spread(count: int) -> list[int]:
    """All view indices, early ones far apart: opposing quarters carve most, and soon."""
    stride = max(1, round(count * 0.27))
    while math.gcd(stride, count) != 1:
        stride += 1
    return [i * stride % count for i in range(count)]


def look_up(image: Tensor, xy: Tensor) -> Tensor:  # (S, S), (P, 2) -> (P,)
    """Bilinear lookup at frame coordinates; outside the frame the nearest border pixel."""
    grid = xy.to(image)[None, None]
    return grid_sample(image[None, None], grid, mode="bilinear", padding_mode="border", align_corners=False)[0, 0, 0]


def agreement(alpha: Tensor, orbit: CameraOrbit, resolution: int = 64) -> float:
    """How far frames and cameras fit together, in [0, 1]: the share of the silhouettes that their hull fills.

    True orbits, generated ones too, reach 0.98; one that runs the wrong way round or is out of order 0.7 or less,
    unless the object looks alike from all sides.
    """
    return coverage(alpha, orbit, surviving_points(alpha, orbit, resolution, frame_reach(orbit), _few(orbit)))


def coverage(alpha: Tensor, orbit: CameraOrbit, points: Tensor, cells: int = 48) -> float:
    """Mean share of the silhouettes that the hull's voxel centres (P, 3) fill again, on a coarse grid."""
    shares = []
    for i, frame in enumerate(alpha):
        column, row = ((frame_coordinates(points, orbit, i) + 1) / 2 * cells).long().clamp(0, cells - 1).unbind(-1)
        hit = torch.zeros(cells, cells, dtype=torch.bool, device=alpha.device)
        hit[row, column] = True
        solid = torch.nn.functional.adaptive_avg_pool2d(frame[None], cells)[0] > 0.5
        shares.append(orbit.views[i].weight * float((hit & solid).sum() / solid.sum().clamp_min(1)))
    return sum(shares) / sum(view.weight for view in orbit.views)


def fit_distance(alpha: Tensor, orbit: CameraOrbit, resolution: int = 128) -> float | None:
    """The camera distance at which the longest side of the hull's bounding box is 1; None for an empty hull.

    A hull scales with its cameras' distance, so one measured at any distance tells: first in a cube that holds all
    that the frames can show, then again in a cube that just holds the object.
    """
    may_miss, points = agreed_points(alpha, orbit, resolution // 2)
    if not len(points):
        return None
    reach = frame_reach(orbit)
    half_side = min(reach, float(points.abs().max()) + 4 * reach / resolution)
    filled = visual_hull(alpha, orbit, resolution, half_side, may_miss, seen_alpha=0.5).nonzero()
    if not len(filled):
        return None
    return orbit.distance / (float((filled.amax(0) + 1 - filled.amin(0)).max()) * 2 * half_side / resolution)


def agreed_points(alpha: Tensor, orbit: CameraOrbit, resolution: int) -> tuple[int, Tensor]:
    """How many frames a hull must forgive to fill the silhouettes, and its voxel centres (P, 3) in all of space."""
    for may_miss in sorted({0, _few(orbit) // 2, _few(orbit)}):
        points = surviving_points(alpha, orbit, resolution, frame_reach(orbit), may_miss)
        if coverage(alpha, orbit, points) >= _WHOLE:
            break  # else frames that differ a little have carved a part of the object away
    return may_miss, points


def object_hull(alpha: Tensor, orbit: CameraOrbit) -> tuple[Tensor, float]:  # (N, S, S)
    """The visual hull (R, R, R), and half the side of the origin-centred cube that holds it with a margin, world units.

    One frame that shows less than the others must not carve the object away: as few as it takes may miss a place.
    """
    may_miss, half_side = agreed_cube(alpha, orbit)
    return visual_hull(alpha, orbit, HULL_RESOLUTION, half_side, may_miss), half_side


def hull_distance(hull: Tensor, half_side: float) -> Tensor:
    """Signed distance to a voxel hull (R, R, R) in world units, negative inside, smoothed over the voxels' stairs."""
    voxel = 2 * half_side / hull.shape[0]
    filled = hull.cpu().numpy()
    outside, inside = ndimage.distance_transform_edt(~filled), ndimage.distance_transform_edt(filled)
    signed = np.where(filled, 0.5 - inside, outside - 0.5) * voxel
    return torch.from_numpy(ndimage.gaussian_filter(signed, _STAIRS).astype(np.float32))


def agreed_half_side(alpha: Tensor, orbit: CameraOrbit) -> float:  # (N, S, S)
    """Half the side of the cube of ``object_hull``."""
    return agreed_cube(alpha, orbit)[1]


def agreed_cube(alpha: Tensor, orbit: CameraOrbit) -> tuple[int, float]:  # (N, S, S)
    """How many frames may miss a place of ``object_hull``, and half the side of its cube."""
    may_miss, points = agreed_points(alpha, orbit, 64)
    reach = frame_reach(orbit)
    furthest = float(points.abs().max()) + reach / 32 if len(points) else reach
    return may_miss, min(furthest * _MARGIN, reach)


def _few(orbit: CameraOrbit) -> int:
    """How many frames may disagree with the others about a place."""
    return len(orbit.views) // 10
