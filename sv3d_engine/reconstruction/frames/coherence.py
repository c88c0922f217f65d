"""Silhouette coherence: how far the outlines of frames and their cameras contradict one another.

Through each point of an outline goes a ray that touches the object.  Somewhere along it there is a place that lies
within every silhouette, if the cameras are right; if they are not, the best place still misses one of them by some
pixels.  That distance is smooth in all that a camera has (Hernández, Schmitt, Cipolla, "Silhouette Coherence for
Camera Calibration under Circular Motion", PAMI 2007, measures the same by counting), and needs no shape.
"""

from copy import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

RAYS = 504  # in all frames together: enough that other draws of them tell the same
_DEPTHS = 64  # places along each ray, then finer about the best of them
_FINER = 9


@dataclass(frozen=True)
class TurnCameras:
    """Cameras about a centre that they look at; ``aim`` is where in each frame it shows."""

    elevations: Tensor  # (N,) degrees
    azimuths: Tensor  # (N,) degrees
    fov_deg: float
    aim: tuple[float, float] = (0.0, 0.0)  # right and down of the frame's middle, in frame widths
    roll: float = 0.0  # degrees that the frames are turned clockwise
    away: Tensor | None = None  # (N,) from the centre; None = 1, on a sphere

    def axes(self) -> tuple[Tensor, Tensor]:
        """Positions (N, 3), and rotations (N, 3, 3) whose rows are right, up and backward."""
        e, a = torch.deg2rad(self.elevations), torch.deg2rad(self.azimuths)
        back = torch.stack([e.cos() * a.cos(), e.cos() * a.sin(), e.sin()], -1)
        right = torch.stack([-a.sin(), a.cos(), torch.zeros_like(a)], -1)
        position = back if self.away is None else self.away[:, None] * back
        return position, torch.stack([right, torch.linalg.cross(back, right), back], 1)


class Outlines:
    """What the measure needs of an orbit's silhouettes: distances to their outlines, and points on these."""

    def __init__(self, alpha: NDArray[np.float32], seed: int = 0) -> None:  # (N, S, S) in [0, 1]
        self.count, self.size = alpha.shape[0], alpha.shape[-1]
        self._inside = torch.from_numpy(np.stack([_signed_distance(frame) for frame in alpha]))  # pixels
        self.middle = float(np.mean([_middle(frame > 0.5) for frame in alpha]))
        self.view, self._points = self._draw(np.random.default_rng(seed), -(-RAYS // self.count))

    def _draw(self, random: np.random.Generator, each: int) -> tuple[Tensor, Tensor]:
        """Points just within the outlines: frames (R,), and x right, y down from the middle in frame widths (R, 2)."""
        views, points = [], []
        for i, inside in enumerate(self._inside.numpy()):
            row, column = np.nonzero((inside > 0) & (inside < 1))
            chosen = random.choice(len(row), min(each, len(row)), replace=False)
            views.append(np.full(len(chosen), i))
            points.append((np.stack([column[chosen], row[chosen]], -1) + 0.5) / self.size - 0.5)
        return torch.from_numpy(np.concatenate(views)), torch.from_numpy(np.concatenate(points).astype(np.float32))

    def fewer(self, rays: int) -> "Outlines":
        """The same with about this many rays, for a first look."""
        thin = copy(self)
        every = max(1, len(self.view) // rays)
        thin.view, thin._points = self.view[::every], self._points[::every]
        return thin

    def depths(self, cameras: TurnCameras) -> Tensor:  # (R,)
        """Where along each ray the place lies that all silhouettes agree on best; distances from the camera."""
        away = torch.ones(self.count) if cameras.away is None else cameras.away
        reach = float(away.min() * np.sin(np.arctan(2**0.5 * np.tan(np.radians(cameras.fov_deg / 2)))))
        step = 2 * reach / (_DEPTHS - 1)
        along = away[self.view, None] + torch.linspace(-reach, reach, _DEPTHS)
        best = self._best(cameras, along)
        return self._best(cameras, best[:, None] + torch.linspace(-1, 1, _FINER) * step)

    def _best(self, cameras: TurnCameras, along: Tensor) -> Tensor:
        return along.gather(1, self._within(cameras, along).argmax(1, keepdim=True))[:, 0]

    def within(self, cameras: TurnCameras, depths: Tensor | None = None) -> Tensor:  # (R,)
        """How far each ray's best place, or that at ``depths``, lies within all silhouettes, in frame widths.

        0 where an outline is met exactly, negative where the place lies without one of the silhouettes.
        """
        along = self.depths(cameras) if depths is None else depths
        return self._within(cameras, along[:, None])[:, 0]

    def _within(self, cameras: TurnCameras, along: Tensor) -> Tensor:  # (R, M) -> (R, M)
        position, axes = cameras.axes()
        tan = float(np.tan(np.radians(cameras.fov_deg / 2)))
        aim = torch.tensor(cameras.aim)
        x, y = (2 * _turned(self._points - aim, -cameras.roll)).unbind(-1)
        ray = torch.nn.functional.normalize(torch.stack([x * tan, -y * tan, -torch.ones_like(x)], -1), dim=-1)
        ray = (ray[:, None] @ axes[self.view])[:, 0]
        origin = position[self.view]
        least = torch.full(along.shape, torch.inf)
        for inside, at, turn in zip(self._inside, position, axes, strict=True):
            start, way = _in_frame((origin - at) @ turn.T, cameras.roll), _in_frame(ray @ turn.T, cameras.roll)
            ahead = (start[:, 2:] + along * way[:, 2:]).clamp_min(1e-4) * tan
            across = (start[:, :1] + along * way[:, :1]) / ahead + 2 * aim[0]
            down = (start[:, 1:2] + along * way[:, 1:2]) / ahead + 2 * aim[1]
            found = torch.nn.functional.grid_sample(
                inside[None, None],
                torch.stack([across, down], -1)[None],
                mode="bilinear",
                padding_mode="border",
                align_corners=False,
            )
            torch.minimum(least, found[0, 0], out=least)
        return least / self.size


def _middle(solid: NDArray[np.bool_]) -> float:
    """Half way between the leftmost and the rightmost of a silhouette, in frame widths right of the frame's middle.

    Over a whole turn the mean of these lies on the axis, for what reaches to the left in front does so to the right
    from behind.
    """
    columns = np.nonzero(solid.any(0))[0]
    return float(columns[0] + columns[-1] + 1) / 2 / solid.shape[1] - 0.5 if len(columns) else 0.0


def _signed_distance(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pixels from the outline, positive within; a pixel on the outline itself tells by its coverage."""
    solid = alpha > 0.5
    inner, outer = ndimage.distance_transform_edt(solid), ndimage.distance_transform_edt(~solid)
    far = np.where(solid, inner - 0.5, 0.5 - outer)
    return np.where(np.abs(far) < 1, np.clip(alpha - 0.5, -0.5, 0.5), far).astype(np.float32)


def _in_frame(vectors: Tensor, roll: float) -> Tensor:  # (R, 3): right, up, backward -> right, down, forward
    right, up, back = vectors.unbind(-1)
    return torch.cat([_turned(torch.stack([right, -up], -1), roll), -back[:, None]], -1)


def _turned(points: Tensor, degrees: float) -> Tensor:  # (…, 2)
    """Points turned clockwise, as x right and y down see it."""
    if degrees == 0:
        return points
    cos, sin = float(np.cos(np.radians(degrees))), float(np.sin(np.radians(degrees)))
    x, y = points.unbind(-1)
    return torch.stack([cos * x - sin * y, sin * x + cos * y], -1)
