"""Where cameras look: the place that lines of sight pass nearest to, the way up, and an orbit about that place."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..shared.errors import UserError
from .photographs import Array, Photograph

_LEVEL = 0.02  # mean sine by which cameras' right sides rise: a world is upright to which they lean no more
_CLEARLY = 0.5  # of it: another way up has to leave less


@dataclass(frozen=True)
class World:
    """How a result's space lies in the tool's: a turn, a place, and a length."""

    axes: Array  # (3, 3) rows: the result's X, Y and Z in the tool's world
    origin: Array  # (3,)
    distance: float  # of the cameras, in the tool's units

    def matrix(self, distance: float) -> list[list[float]]:
        """4 × 4, row by row: from the space of cameras that are ``distance`` from its middle to the tool's world."""
        whole = np.eye(4)
        whole[:3, :3] = self.axes.T * (self.distance / distance)
        whole[:3, 3] = self.origin
        return [[round(value, 9) for value in row] for row in whole.tolist()]


def nearest_point(origins: Array, directions: Array) -> tuple[Array, float]:  # (N, 3), (N, 3) unit
    """The point that lines pass nearest to by least squares, and how well it is told, 0 (parallel lines) to 1."""
    across = np.eye(3) - directions[:, :, None] * directions[:, None, :]
    normal = across.sum(0)
    told = float(np.linalg.eigvalsh(normal)[0]) / (2 / 3 * len(origins))
    point, *_ = np.linalg.lstsq(normal, (across @ origins[..., None]).sum(0)[:, 0])
    return point, told


def optical_axes(views: Sequence[Photograph]) -> tuple[Array, Array]:
    """Camera centres and the directions (N, 3) that they look in."""
    return np.stack([view.position for view in views]), np.stack([-view.axes[2] for view in views])


def looks_backwards(views: Sequence[Photograph]) -> bool:
    """Whether the cameras look away from the place that their axes meet in: the axes mean the other way."""
    centres, forward = optical_axes(views)
    point, told = nearest_point(centres, forward)
    return told > 1e-3 and bool((((point - centres) * forward).sum(1) < 0).mean() > 0.9)


def way_up(views: Sequence[Photograph], upright: bool) -> Array:  # (3,) unit
    """The tool's own Z where cameras hold their sides level to it or none can be told, else what they are level to."""
    sides = np.stack([view.axes[0] for view in views])
    above = np.stack([view.axes[1] for view in views]).mean(0)
    _, _, ways = np.linalg.svd(sides)
    level = ways[2] * (1 if ways[2] @ above >= 0 else -1)
    if upright:
        own = float(np.abs(sides[:, 2]).mean())
        if own < _LEVEL or float(np.abs(sides @ level).mean()) > _CLEARLY * own:
            return np.array([0.0, 0.0, 1.0])
    return level


def world_axes(up: Array, towards: Array) -> Array:  # (3,), (3,) -> (3, 3) rows
    """Z is ``up``; X is the tool's own if Z is, and else points to where the first camera stands."""
    if abs(up[2] - 1) < 1e-12:
        return np.eye(3)
    front = towards - (towards @ up) * up
    if np.linalg.norm(front) < 1e-6:
        front = np.eye(3)[np.abs(up).argmin()] - up[np.abs(up).argmin()] * up
    front = front / np.linalg.norm(front)
    return np.stack([front, np.cross(up, front), up])


def angles(offset: Array) -> tuple[float, float]:  # (3,) -> elevation, azimuth in degrees
    """Of a camera at ``offset`` from what it looks at, in the result's axes."""
    x, y, z = offset
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x)) % 360


def check_places(views: Sequence[Photograph], name: str) -> None:
    """Raises UserError for cameras that do not go round anything."""
    centres, forward = optical_axes(views)
    spread = np.linalg.norm(centres - centres.mean(0), axis=1).max()
    scale = max(float(np.abs(centres).max()), 1e-12)
    if spread < 1e-6 * scale:
        raise UserError(
            f"The cameras in {name} all stand in one place.",
            "Of a turntable before a resting background such tools find no motion. Leave the cameras out, so that a "
            "turn is taken, or give the tool masks of the object.",
        )
    point, told = nearest_point(centres, forward)
    if told < 1e-3:
        raise UserError(
            f"The cameras in {name} all look the same way: they do not go round an object.",
            "Use pictures from all sides, and their cameras.",
        )
    away = ((point - centres) * forward).sum(1) < 0
    if away.any():
        first = next(view.file for view, lost in zip(views, away, strict=True) if lost)
        raise UserError(
            f"{int(away.sum())} of the {len(views)} cameras in {name} look away from what the others look at, such as "
            f"that of {first}.",
            "The camera axes are likely mixed: X has to point right, Y up, and −Z to where the camera looks. Or leave "
            "out the pictures that do not show the object.",
        )
