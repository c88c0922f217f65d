"""What the frames show of each vertex: one table that light and material are fitted to."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt, minimum_filter
from torch import Tensor
from torch.nn.functional import grid_sample, max_pool2d, normalize, pad

from ...ground.colour import to_linear
from ...ground.progress import Progress
from ...orbit.cameras import CameraOrbit, pixel_size, project
from ..frames.frames import Frames
from ..losses import STEEPEST
from ..render.rasterize import depth_map

OPAQUE = 0.98  # of a frame's largest alpha, from which a pixel shows the object alone
CLIPPED = 0.985  # sRGB value from which a channel may be brighter than the picture can say
CLIPPED_TRUST = 0.1
CLEAR = 3.0  # pixels from an outline from which a colour is trusted in full, and hardly within one pixel
TRACE = 0.01  # what it is trusted there: of a thin wire there is nothing else
GRAZING = 0.15  # cosine below which a surface is too foreshortened to be read


@dataclass(frozen=True)
class Observations:
    """Linear colours of V points in N frames, and how far each can be trusted."""

    colour: Tensor  # (V, N, 3)
    view: Tensor  # (V, N) in [0, 1]: how well a frame shows the point; 0 where that is hidden
    weight: Tensor  # (V, N) how far its colour can be trusted, which is less where it is clipped; 1 is usual

    @property
    def evidence(self) -> Tensor:  # (V,)
        """In [0, 1]: 1 for what two frames see head-on and clear of outlines."""
        return (self.view.sum(1) / 2).clamp(max=1)

    @property
    def trust(self) -> Tensor:  # (V,)
        """The same for colours."""
        return (self.weight.sum(1) / 2).clamp(max=1)


@dataclass(frozen=True)
class Sightings:
    """The frames, ready to be asked what they show at points of one mesh."""

    linear: Tensor  # (N, 5, S, S) linear colour, how clear of outlines a pixel is, and that less for clipping
    farthest: Tensor  # (N, S + 1, S + 1) depth of the mesh along the view axis, the largest around each pixel corner
    orbit: CameraOrbit

    def __call__(self, points: Tensor, normals: Tensor) -> Observations:
        """What each frame shows at points (P, 3) with unit normals (P, 3); nothing, black, of those turned away."""
        count, size = self.linear.shape[0], self.linear.shape[-1]
        pixel = pixel_size(self.orbit, size)
        colours, views, weights = (torch.zeros(len(points), count, *rest) for rest in ((3,), (), ()))
        for index, position in enumerate(self.orbit.on(points.device)[0]):
            facing = (normalize(position - points, dim=-1) * normals).sum(-1)
            front = (facing > GRAZING).nonzero()[:, 0]
            facing = facing[front]
            screen = project(points[front], self.orbit, index, size)
            seen = grid_sample(
                self.linear[index, None],
                (screen[None, None, :, :2] / size * 2 - 1),
                align_corners=False,
                padding_mode="border",
            )[0, :, 0].T
            slope = (1 / facing).clamp(max=STEEPEST)
            column, row = (screen[:, :2] + 0.5).long().clamp(0, size).unbind(-1)
            before = screen[:, 2] < self.farthest[index, row, column] + pixel * slope
            colours[front, index] = seen[:, :3]
            squarely = (facing - GRAZING) / (1 - GRAZING) * before
            views[front, index], weights[front, index] = seen[:, 3] * squarely, seen[:, 4] * squarely
        return Observations(colours, views, weights)


def sightings(frames: Frames, vertices: Tensor, faces: Tensor, progress: Progress | None = None) -> Sightings:
    """Look at a mesh, vertices (V, 3) and faces (F, 3), from every frame's camera.  Raises Cancelled."""
    progress = progress or Progress()
    size = frames.alpha.shape[-1]
    step = STEEPEST * pixel_size(frames.orbit, size)
    pictures, depths = [], []
    for index, (rgb, alpha) in enumerate(zip(frames.rgb, frames.alpha, strict=True)):
        progress(index / len(frames.alpha), "Looking at the frames")
        depth = depth_map(project(vertices, frames.orbit, index, size), faces, size)
        view, clear = frames.orbit.views[index], _clearness(depth, alpha, step)
        trust = view.say * torch.where(rgb.amax(-1) > CLIPPED, CLIPPED_TRUST * clear, clear)
        pictures.append(torch.cat([to_linear(rgb).permute(2, 0, 1), view.weight * clear[None], trust[None]]))
        depths.append(depth)
    around = pad(torch.stack(depths), (1, 1, 1, 1), mode="replicate")
    return Sightings(torch.stack(pictures), max_pool2d(around, 2, stride=1), frames.orbit)


def _clearness(depth: Tensor, alpha: Tensor, step: float) -> Tensor:  # (S, S)
    """TRACE at outlines, of the mesh and of the picture, and 1 from CLEAR pixels on; 0 outside."""
    near = np.where(np.isfinite(depth.numpy()), depth.numpy(), 1e6)
    edge = (near - minimum_filter(near, 3) > step) | (-minimum_filter(-near, 3) - near > step)
    edge |= (alpha < OPAQUE * alpha.max()).numpy()
    distance = torch.from_numpy(distance_transform_edt(~edge).astype(np.float32))
    return ((distance - 1) / (CLEAR - 1)).clamp(TRACE, 1) * (alpha > 0.5)


HIGH = 0.3  # weight of a colour that is brighter than the estimate, beside one that is darker: highlights only add
WIDTH = 0.05  # of the brightness: how far views of one matt point differ
DARK = 0.002  # the same for black, linear
LOW, CLOSE = 0.35, 0.1  # share of the views darker than the quantile; of the brightness: views as like are averaged


def diffuse_colour(seen: Observations) -> Tensor:  # (V, 3)
    """What most views agree on and highlights leave alone: a low, robust mean over the views; 0 where nothing is seen.

    Cauchy's norm upwards, an absolute one downwards.
    """

    def weight(off: Tensor, middle: Tensor) -> Tensor:
        off = off / (WIDTH * middle.abs() + DARK)
        return torch.where(off > 0, HIGH / (1 + off.square()), (1 + off.square()).rsqrt())

    return _reweighted(seen, weight, rounds=6)


def low_quantile(seen: Observations) -> Tensor:  # (V, 3)
    """A low quantile of the views by brightness; 0 where nothing is seen.

    Less sure of what is a highlight than ``diffuse_colour``, but without its jumps: the norm is convex, so where some
    views are lit and some are not, neighbouring points do not go over from these to those at once.  Quantile
    regression (Koenker & Bassett 1978).
    """
    return _reweighted(
        seen,
        lambda off, middle: torch.where(off > 0, LOW, 1 - LOW) / (off.abs() + CLOSE * middle + DARK),
        rounds=8,
    )


def _reweighted(seen: Observations, norm: Callable[[Tensor, Tensor], Tensor], rounds: int) -> Tensor:  # (V, 3)
    """Mean over the views, each weighted by ``norm`` of how much brighter it is than the mean, and by its trust."""
    brightness = seen.colour.mean(-1)
    weight = seen.weight
    for _ in range(rounds):
        middle = (brightness * weight).sum(1, keepdim=True) / weight.sum(1, keepdim=True).clamp_min(1e-9)
        weight = seen.weight * norm(brightness - middle, middle)
    return (seen.colour * weight[..., None]).sum(1) / weight.sum(1, keepdim=True).clamp_min(1e-9)
