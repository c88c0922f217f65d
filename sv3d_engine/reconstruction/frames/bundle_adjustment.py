"""Azimuths by colours: frames are turned, and the surface moved, until all frames see one colour at one place.

Photometric bundle adjustment (Delaunoy & Pollefeys 2014; Alismail, Browning & Lucey 2016) about the visual hull: its
points take the mean colour of the frames that see them, and patches of points may lie deeper or less deep.  Both are
eliminated from the normal equations, so that only the azimuths are solved for.  The surface has to give way as well:
against the hull as it is, right cameras would be turned by degrees to make up for its filled hollows.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from skimage.measure import marching_cubes
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, conv2d, grid_sample, max_pool2d, normalize

from ...ground.progress import Progress
from ...orbit.cameras import CameraOrbit, project
from ..render.rasterize import depth_map, vertex_normals
from .hull import agreed_cube, hull_distance, visual_hull

_LEVELS = ((144, 2.5), (192, 2.0), (288, 1.5), (384, 1.2))  # pixels along a side, and of blur
FINEST = _LEVELS[-1][0]
TELLING = 1 / 255  # disagreement of colours that tells nothing
_STEPS = 3  # of Gauss–Newton at each level
_MOST_FRAMES = 42  # that are compared at FINEST: more of them are shrunk to take as much memory
_SILHOUETTES = 144  # pixels along a side
_VOXELS = 96  # along a side of the hull's cube
_POINTS = 6000  # of the surface, where there are 21 frames
# Of half the cube's side:
_PATCH = 0.08  # side of a cell in which points move together along their normals
_DEEP = 0.05  # how far the surface may well lie from the hull's
_HIDDEN = 0.04  # how far surface must lie before a point to hide it
_FACING = 0.3  # least cosine between a point and a frame that sees it
_SOLID = 0.95  # least coverage of a pixel that shows the object alone
_SEEN = 3  # frames that must see a point
_ALIKE = 400.0  # points whose errors are one error: where a surface is wrong, it is so all about
_UNEVEN = 2.0  # degrees, standard deviation: how far azimuths may well be off
_MOST_TURN = 2.0  # degrees of a step
_SMALL = 0.05  # degrees, and of _DEEP, over which motion is measured


@dataclass(frozen=True)
class Adjustment:
    """Corrections to the azimuths, and what they bring."""

    turned: Tensor  # (N,) degrees, 0 for the last frame
    moved: float  # frame widths that what frames show is moved by, root of the mean square
    before: float  # how far colours depart from those of a surface fitted to the cameras as they were, in [0, 1]
    after: float


@dataclass(frozen=True)
class _Surface:
    points: Tensor  # (V, 3)
    normals: Tensor  # (V, 3) unit
    patch: Tensor  # (V,) in 0 … M − 1
    seen: Tensor  # (N, V) weights, 0 where a frame does not see a point
    deep: float  # world units


def turned(orbit: CameraOrbit, degrees: Tensor) -> CameraOrbit:  # (N,)
    """The cameras with these added to their azimuths."""
    views = zip(orbit.views, degrees.tolist(), strict=True)
    return replace(orbit, views=tuple(replace(view, azimuth=view.azimuth + by) for view, by in views))


def adjusted(pictures: Tensor, orbit: CameraOrbit, progress: Progress) -> Adjustment:
    """Azimuths by which pictures (N, 4, S, S), premultiplied, agree best on colours.  Raises Cancelled.

    Where they agree to TELLING as they are, nothing is looked for.
    """
    none, parts = torch.zeros(len(pictures)), len(_LEVELS) + 1
    progress(0.0, "Comparing the frames' colours")
    surface = _surface(pictures, orbit)
    if not len(surface.points):
        return Adjustment(none, 0.0, 0.0, 0.0)
    colours = _Colours(pictures, orbit, surface, *_LEVELS[-1])
    for _ in range(_STEPS):
        colours.stepped(none, hold=True)
    before, found = colours.disagreement(none), none
    if before < TELLING:
        return Adjustment(none, 0.0, before, before)
    for level, (size, blur) in enumerate(_LEVELS):
        progress((level + 1) / parts, "Comparing the frames' colours")
        if level:
            surface = _surface(pictures, turned(orbit, found))
        colours = _Colours(pictures, orbit, surface, size, blur)
        for _ in range(_STEPS):
            found = colours.stepped(found)
    return Adjustment(found, colours.motion(found), before, colours.disagreement(found))


def _surface(pictures: Tensor, orbit: CameraOrbit) -> _Surface:
    """Points spread over the visual hull; none where nothing is solid."""
    alpha = adaptive_avg_pool2d(pictures[:, 3:], _SILHOUETTES)[:, 0]
    may_miss, half_side = agreed_cube(alpha, orbit)
    hull = visual_hull(alpha, orbit, _VOXELS, half_side, may_miss)
    distance = hull_distance(hull, half_side).numpy()
    if not (distance < 0).any():
        nothing = torch.zeros(0, 3)
        return _Surface(nothing, nothing, torch.zeros(0, dtype=torch.int64), torch.zeros(len(alpha), 0), half_side)
    closed = np.pad(distance, 1, constant_values=half_side)
    vertices, triangles, _, _ = marching_cubes(closed, 0.0, gradient_direction="descent")
    points = torch.from_numpy(((vertices - 0.5) / _VOXELS * 2 - 1).astype(np.float32)) * half_side
    faces = torch.from_numpy(triangles.astype(np.int64))
    normals = vertex_normals(points, faces)
    seen = orbit.says[:, None] * _facing(points, normals, faces, orbit, _HIDDEN * half_side)
    chosen = ((seen > 0).sum(0) >= _SEEN).nonzero()[:, 0]
    few = _POINTS * 21 // max(21, len(pictures))
    chosen = chosen[torch.randperm(len(chosen), generator=torch.Generator().manual_seed(0))[:few]]
    points, normals = points[chosen], normals[chosen]
    cells = torch.cat([(points / (_PATCH * half_side)).floor().long(), (normals > 0).long()], 1)
    patch = torch.unique(cells, dim=0, return_inverse=True)[1]
    return _Surface(points, normals, patch, seen[:, chosen], _DEEP * half_side)


def _facing(points: Tensor, normals: Tensor, faces: Tensor, orbit: CameraOrbit, hidden: float) -> Tensor:  # (N, V)
    """The squared cosine at which frames see points, 0 where they do not."""
    size, seen = _SILHOUETTES, []
    for index, position in enumerate(orbit.positions()):
        screen = project(points, orbit, index, size)
        nearest = -max_pool2d(-depth_map(screen, faces, size)[None], 3, 1, 1)[0]
        column, row = screen[:, :2].floor().long().clamp(0, size - 1).unbind(-1)
        cosine = (normalize(position - points, dim=-1) * normals).sum(-1)
        before = screen[:, 2] < nearest[row, column] + hidden
        seen.append(torch.where(before & (cosine > _FACING), cosine.square(), 0.0))
    return torch.stack(seen)


class _Colours:
    """The least squares of one level: what blurred frames show at a surface's points, which move with each step."""

    def __init__(self, pictures: Tensor, orbit: CameraOrbit, surface: _Surface, size: int, blur: float) -> None:
        self._orbit, self._surface = orbit, surface
        self._size = int(min(size, pictures.shape[-1], FINEST * (_MOST_FRAMES / len(pictures)) ** 0.5))
        self._colour, self._cover = _blurred(adaptive_avg_pool2d(pictures, self._size), blur)
        self._depth = torch.zeros(int(surface.patch.max()) + 1)  # (M,) along the normals

    def stepped(self, found: Tensor, hold: bool = False) -> Tensor:
        """A step of Gauss–Newton from corrections (N,) to better ones; ``hold`` moves the surface alone."""
        patch, depth = self._surface.patch, self._depth
        places = self._places(found)
        weights, colours, gradient = self._look(places)
        weights, apart, error = _robust(weights, colours)
        # Colours per degree and per world unit, (N, V, 3) each.
        turning, deepening = ((motion[..., None] * gradient).sum(2) for motion in self._motions(found, places))
        telling = 1 / (_ALIKE * max(error**2, 1e-6))

        deepening = weights[..., None] * (deepening - _mean(weights, deepening))
        bend = (deepening * (deepening / weights.clamp_min(1e-12)[..., None])).sum((0, 2))
        stiff = 1 / (telling * self._surface.deep**2)
        bend = torch.full_like(depth, stiff).index_add(0, patch, bend)  # (M,)
        pull = (stiff * depth).index_add(0, patch, (deepening * apart).sum((0, 2)))
        if hold:
            self._depth = depth - pull / bend
            return found

        own = (weights[..., None] * turning.square()).sum((1, 2))
        shared = weights[..., None] * turning / weights.sum(0).clamp_min(1e-6).sqrt()[:, None]
        shared = shared.reshape(len(found), -1)
        with_depth = torch.zeros(len(depth), len(found)).index_add(0, patch, (turning * deepening).sum(2).T)  # (M, N)
        normal = own.diag() - shared @ shared.T - with_depth.T @ (with_depth / bend[:, None])
        slope = (weights[..., None] * turning * apart).sum((1, 2)) - with_depth.T @ (pull / bend)

        prior = torch.full((len(found),), 1 / _UNEVEN**2)
        prior[-1] = 1e6  # where the others are counted from
        step = -torch.linalg.solve(telling * normal + prior.diag(), telling * slope + prior * found)
        step = step.clamp(-_MOST_TURN, _MOST_TURN)
        self._depth = depth - (pull + with_depth @ step) / bend
        return found + step

    def disagreement(self, found: Tensor) -> float:
        """Root of the mean square by which colours depart from their points', outliers counting less."""
        weights, colours, _ = self._look(self._places(found))
        return _robust(weights, colours)[2]

    def motion(self, found: Tensor) -> float:
        """How far the corrections move what frames show, in frame widths, root of the mean square."""
        moved = (self._places(found) - self._places(torch.zeros_like(found))) / self._size
        seen = self._surface.seen > 0
        return float((seen * moved.square().sum(-1)).sum() / seen.sum().clamp_min(1)) ** 0.5

    def _places(self, found: Tensor, out: float = 0.0) -> Tensor:  # (N, V, 2)
        """Pixels at which the frames show the points, ``out`` world units along their normals."""
        surface = self._surface
        points = surface.points + (out + self._depth[surface.patch, None]) * surface.normals
        return project(points, turned(self._orbit, found), slice(None), self._size)[..., :2]

    def _motions(self, found: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:  # (N, V, 2) each
        """What a degree of azimuth, and a world unit along the normals, move the points by."""
        out = _SMALL * self._surface.deep
        return (self._places(found + _SMALL) - places) / _SMALL, (self._places(found, out) - places) / out

    def _look(self, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Weights (N, V), colours (N, V, 3) and their gradients (N, V, 2, 3) at pixels (N, V, 2)."""
        around = torch.tensor([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
        grid = (places[:, :, None] + around) / self._size * 2 - 1
        seen = grid_sample(self._colour, grid, align_corners=False, padding_mode="border")  # (N, 3, V, 5)
        here, right, left, below, above = seen.permute(3, 0, 2, 1).unbind()
        cover = grid_sample(self._cover, grid[:, :, :1], align_corners=False)[:, 0, :, 0]
        return self._surface.seen * (cover > _SOLID), here, torch.stack([right - left, below - above], 2) / 2


def _robust(weights: Tensor, colours: Tensor) -> tuple[Tensor, Tensor, float]:
    """Weights (N, V) with colours (N, V, 3) that disagree counting less (Cauchy), what these depart from their points'
    mean by, and the root of the mean square of that.
    """
    counted = weights
    for _ in range(3):
        apart = colours - _mean(counted, colours)
        square = apart.square().sum(-1)
        usual = square[weights > 0].median() if bool((weights > 0).any()) else square.new_zeros(())
        counted = weights / (1 + square / (5.7 * usual + 4e-6))
    return counted, apart, float((counted * square).sum() / counted.sum().clamp_min(1e-6) / 3) ** 0.5


def _mean(weights: Tensor, values: Tensor) -> Tensor:  # (N, V), (N, V, C) -> (V, C)
    return (weights[..., None] * values).sum(0) / weights.sum(0).clamp_min(1e-6)[:, None]


def _blurred(pictures: Tensor, sigma: float) -> tuple[Tensor, Tensor]:  # (N, 4, S, S)
    """The object's own colours (N, 3, S, S), blurred, and coverage (N, 1, S, S) as it was."""
    reach = int(3 * sigma + 1)
    bell = torch.exp(-torch.arange(-reach, reach + 1).float().square() / (2 * sigma**2))
    bell = bell / bell.sum()
    layers = conv2d(pictures.reshape(-1, 1, *pictures.shape[2:]), bell[None, None, None], padding=(0, reach))
    smooth = conv2d(layers, bell[None, None, :, None], padding=(reach, 0)).reshape(pictures.shape)
    return smooth[:, :3] / smooth[:, 3:].clamp_min(1e-3), pictures[:, 3:].contiguous()
