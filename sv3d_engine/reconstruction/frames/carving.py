"""Hollows that no silhouette shows: space in front of what several frames agree to see (Kutulakos & Seitz 2000).

Each frame gets a sparse depth map by a plane sweep through the visual hull.  Depths that neighbouring frames confirm
carve the hull before them; where as many depths say that there is something, it stays.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample, max_pool2d, max_pool3d, normalize

from ...ground.progress import Progress
from ...orbit.cameras import CameraOrbit, frame_rays, pixel_size, project, projection_matrices
from .frames import Frames
from .hull import voxel_centres
from .photo_consistency import SPACING, photo_consistency, top_offset
from .photo_consistency_ref import UNKNOWN

FRAME_SIZE = 288  # pixels along a side that larger frames are averaged down to
STRIDE = 3  # of these pixels between two rays
PATCH_RADIUS = 2  # places on either side of a patch's middle: what is seen in a hollow is often a strip
STEP = 0.012  # world units between two depths
SWEPT = 3  # neighbouring frames that a depth is looked for in: at the bottom of a hollow more would see its rim
NEIGHBOURS = 5  # frames that may confirm it
CONFIRMED = 2  # of them, each by its weight; …
_NEARLY = 0.9  # … so much of the weight of two usual ones will do
# Share of the sure depths that neighbours confirm: 0.87 to 0.97 in true frames, 0.86 in a real orbit of a matt toy,
# 0.71 in that of a glossy bag, whose highlights lie deep behind it and move.
CONTRADICTORY, AGREED = 0.75, 0.85
TRUSTED = 0.5  # least trust in frames that are let carve hollows
NEAR = 35.0  # degrees that CONFIRMED neighbours must lie within, for it to say something if they do not confirm
PLAIN = 0.05  # of all rays that count as confirmed besides: a plain object's few sure depths tell nothing
AGREEMENT, UNIQUENESS = 0.4, 0.02  # least correlation, and how much less it must be at any other depth
SAME_DEPTH = 0.016  # world units that confirming depths may differ by
SAFE = 0.025  # world units before a depth that are left alone
SOLID = (-0.012, 0.03)  # world units around a depth that count as filled
WIDTH = 0.05  # world units: narrower hollows are left to the field


@dataclass(frozen=True)
class Depths:
    """Rays of one frame on a grid, and how far along each the frames agree on a surface."""

    origin: Tensor  # (3,)
    directions: Tensor  # (R, 3)
    cells: Tensor  # (R, 2) row and column in the grid
    distance: Tensor  # (R,) world units from the origin, NaN where nothing is certain
    neighbours: Tensor  # (at most NEIGHBOURS,) frames

    def only(self, chosen: Tensor) -> "Depths":
        """The rays that ``chosen`` (R,) says."""
        rays = self.directions[chosen], self.cells[chosen], self.distance[chosen]
        return Depths(self.origin, *rays, self.neighbours)


def confirmed_depths(
    frames: Frames, hull_distance: Tensor, half_side: float, progress: Progress | None = None
) -> tuple[list[Depths], float]:
    """What every frame sees and its neighbours confirm within a visual hull, and how far frames can be trusted, 0 to 1.

    ``hull_distance`` (R, R, R) is its signed distance over [−half_side, half_side]³.  Raises Cancelled.
    """
    progress = progress or Progress()
    pictures = frames.shrunk(FRAME_SIZE).premultiplied()
    depths = []
    for view in range(len(pictures)):
        progress(view / len(pictures), "Looking into hollows")
        depths.append(frame_depths(pictures, frames.orbit, view, hull_distance, half_side))
    size = pictures.shape[1]
    cells = -(-size // STRIDE)
    maps = torch.full((len(depths), cells, cells), torch.nan)
    for view, found in enumerate(depths):
        maps[view, found.cells[:, 0], found.cells[:, 1]] = found.distance
    kept = [found.only(confirmed(found, maps, frames.orbit, size)) for found in depths]
    return kept, _trust(depths, kept, frames.orbit)


def _trust(depths: list[Depths], kept: list[Depths], orbit: CameraOrbit) -> float:
    """How far frames agree, 0 to 1: by the share of the sure depths that are kept as confirmed."""
    counts = [view.weight * near for view, near in zip(orbit.views, _with_neighbours(orbit), strict=True)]

    def sum_of(numbers: Iterable[int]) -> float:
        return sum(count * number for count, number in zip(counts, numbers, strict=True))

    besides = PLAIN * sum_of(len(found.distance) for found in depths) + 1
    sure = sum_of(int((~found.distance.isnan()).sum()) for found in depths)
    share = (sum_of(len(found.distance) for found in kept) + besides) / (sure + besides)
    return min(1.0, max(0.0, (share - CONTRADICTORY) / (AGREED - CONTRADICTORY)))


def _with_neighbours(orbit: CameraOrbit) -> list[bool]:
    """Which frames have CONFIRMED others within NEAR."""
    ways = normalize(orbit.positions(), dim=-1)
    near = (ways @ ways.T > math.cos(math.radians(NEAR))).sum(1) - 1
    return (near >= CONFIRMED).tolist()  # type: ignore[no-any-return]


def carved(
    depths: list[Depths], frames: Frames, hull: Tensor, half_side: float, progress: Progress | None = None
) -> Tensor:  # (R, R, R) bool
    """Voxels of a visual hull (R, R, R) over [−half_side, half_side]³ that frames see through.  Raises Cancelled."""
    progress = progress or Progress()
    empty, filled = torch.zeros(hull.shape), torch.zeros(hull.shape)
    for view, found in enumerate(depths):
        progress(view / len(depths), "Looking into hollows")
        weight = frames.orbit.views[view].weight
        empty += weight * _voxels(found, -torch.inf, -SAFE, hull.shape[0], half_side)
        filled += weight * _voxels(found, *SOLID, hull.shape[0], half_side)
    away = _wide(hull & (empty > filled), hull, half_side)
    return away & ~_missed(frames, hull & ~away, away, half_side)


def _wide(away: Tensor, hull: Tensor, half_side: float) -> Tensor:  # (R, R, R) bool
    """Where a ball as wide as WIDTH fits into what is carved and what lies outside the hull (a morphological opening).

    A highlight is seen in its own depth behind the surface, and frames confirm it: it would be carved as a pit.
    """
    radius = WIDTH / 2 * len(hull) / (2 * half_side)
    free = np.pad((away | ~hull).numpy(), 1, constant_values=True)  # a voxel more than the cube, or its sides count
    middle = ndimage.distance_transform_edt(free) > radius
    reached = ndimage.distance_transform_edt(~middle) <= radius
    return away & torch.from_numpy(reached[1:-1, 1:-1, 1:-1])


def frame_depths(pictures: Tensor, orbit: CameraOrbit, view: int, hull_distance: Tensor, half_side: float) -> Depths:
    """Sweep planes facing one frame through the hull.  pictures (N, S, S, 4): colour premultiplied by alpha, alpha."""
    size = pictures.shape[1]
    axis = torch.arange(STRIDE // 2, size, STRIDE)
    rows, columns = torch.meshgrid(axis, axis, indexing="ij")
    solid = pictures[view, rows, columns, 3] > 0.95
    rows, columns = rows[solid], columns[solid]
    origins, directions = frame_rays(orbit, size, torch.full((len(rows),), view), rows * size + columns)
    closest = -(origins * directions).sum(-1)  # to the middle of the scene
    middle = origins + closest[:, None] * directions
    reach = int(half_side * 3**0.5 / STEP)
    offsets = torch.arange(-reach, reach + 1) * STEP  # towards the camera
    places = middle[:, None] - offsets[:, None] * directions[:, None]
    where = (places / half_side).flip(-1)[None, None]
    inside = grid_sample(hull_distance[None, None], where, align_corners=False, padding_mode="border")[0, 0, 0] < STEP
    used = inside.any(0).nonzero()[:, 0]
    cells, neighbours = torch.stack([rows, columns], 1) // STRIDE, _neighbours(orbit, view)
    if not len(used):  # of a thin wire the grid may hit nothing
        return Depths(orbit.positions()[view], directions[:0], cells[:0], closest[:0], neighbours)
    offsets, inside = offsets[used[0] : used[-1] + 1], inside[:, used[0] : used[-1] + 1]
    order = torch.cat([torch.tensor([view]), neighbours[:SWEPT]]).expand(len(rows), -1)
    cameras = projection_matrices(orbit, size)
    spacing = SPACING * pixel_size(orbit, size)
    scores = photo_consistency(middle, -directions, cameras, pictures, order, offsets, PATCH_RADIUS, spacing)
    scores = scores.masked_fill(~inside, UNKNOWN)
    score, best = scores.max(1)
    apart = (torch.arange(len(offsets)) - best[:, None]).abs() > 3
    sure = (score > AGREEMENT) & (score - scores.masked_fill(~apart, UNKNOWN).amax(1) > UNIQUENESS)
    distance = torch.where(sure, closest - offsets[best] - top_offset(scores, best) * STEP, torch.nan)
    return Depths(origins[0], directions, cells, distance, neighbours)


def _neighbours(orbit: CameraOrbit, view: int) -> Tensor:
    """The frames from the directions most like one frame's, without that frame; those that count little seem far."""
    ways = normalize(orbit.positions(), dim=-1)
    weights = torch.tensor([view.weight for view in orbit.views])
    apart = ((1 - ways @ ways[view]) / weights).index_fill(0, torch.tensor([view]), torch.inf)
    return apart.argsort()[:-1][:NEIGHBOURS]


def confirmed(found: Depths, maps: Tensor, orbit: CameraOrbit, size: int) -> Tensor:  # (R,) bool
    """Which depths CONFIRMED of the neighbours have, too, by their weights.

    maps (N, G, G): the distances of every frame of ``size``² pixels on its grid.
    """
    points = found.origin + found.distance.nan_to_num()[:, None] * found.directions
    cells, positions = maps.shape[1], orbit.positions()
    agreeing = torch.zeros(len(points))
    for view in found.neighbours.tolist():
        column, row = (project(points, orbit, view, size)[:, :2].floor().long() // STRIDE).unbind(-1)
        away = (points - positions[view]).norm(dim=-1)
        around = [
            maps[view, (row + dy).clamp(0, cells - 1), (column + dx).clamp(0, cells - 1)]
            for dy in (-1, 0, 1)
            for dx in (-1, 0, 1)
        ]
        agreeing += orbit.views[view].weight * ((torch.stack(around) - away).abs() < SAME_DEPTH).any(0)
    usual = sum(orbit.views[view].weight for view in found.neighbours.tolist()) / max(1, len(found.neighbours))
    return (agreeing >= _NEARLY * CONFIRMED * usual) & ~found.distance.isnan()


def _voxels(found: Depths, start: float, end: float, resolution: int, half_side: float) -> Tensor:
    """Voxels (R, R, R) from ``start`` to ``end`` world units behind what the rays see, and those beside."""
    length = 2 * half_side / resolution
    steps = torch.arange(0, 2 * float(found.origin.norm()), length / 2)
    distance = found.distance[:, None]
    taken = (steps > distance + start) & (steps < distance + end)
    points = found.origin + steps[:, None] * found.directions[:, None]
    taken &= points.abs().amax(-1) < half_side
    index = ((points[taken] / half_side + 1) / 2 * resolution).long().clamp(0, resolution - 1)
    touched = torch.zeros(resolution, resolution, resolution)
    touched[index[:, 0], index[:, 1], index[:, 2]] = 1
    return max_pool3d(touched[None, None], 3, 1, 1)[0, 0] > 0  # rays are a few voxels apart


def _missed(frames: Frames, kept: Tensor, away: Tensor, half_side: float) -> Tensor:  # (R, R, R) bool
    """Voxels of ``away`` without which a frame shows the object where nothing of ``kept`` is: wrongly carved."""
    resolution = len(kept)
    missed = torch.zeros_like(away)
    there, gone = kept.nonzero(), away.nonzero()
    shrink = max(1, round(frames.alpha.shape[-1] / resolution))
    silhouettes = avg_pool2d(frames.alpha[:, None], shrink)[:, 0] > 0.9
    size = silhouettes.shape[-1]
    for view, silhouette in enumerate(silhouettes):
        seen = torch.zeros(size, size)
        column, row = _pixels(there, resolution, half_side, frames.orbit, view, size)
        seen[row, column] = 1
        bare = silhouette & (max_pool2d(seen[None], 3, 1, 1)[0] == 0)
        column, row = _pixels(gone, resolution, half_side, frames.orbit, view, size)
        wrong = gone[max_pool2d(bare[None].float(), 3, 1, 1)[0, row, column] > 0]
        missed[wrong[:, 0], wrong[:, 1], wrong[:, 2]] = True
    return missed


def _pixels(
    voxels: Tensor, resolution: int, half_side: float, orbit: CameraOrbit, view: int, size: int
) -> tuple[Tensor, Tensor]:
    """Column and row of the centres of voxels (P, 3) in a frame of size × size pixels."""
    screen = project(voxel_centres(voxels, resolution, half_side), orbit, view, size)
    column, row = screen[:, :2].floor().long().clamp(0, size - 1).unbind(-1)
    return column, row
