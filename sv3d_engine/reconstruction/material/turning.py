"""Light that turns round the object: on a turntable the object turns before the camera, and the lamps stand still.

Seen from the object, light and camera then go round together, so each frame has a light of its own, and all of these
are one: the light of the front view, turned by the frame's azimuth.  What one point shows in several frames then tells
the light without its paint, as in photometric stereo (Woodham 1980); how it stands to other points of its paint
tells the rest.
"""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from ...orbit.cameras import CameraOrbit
from ..light import fibonacci_sphere
from .lit_surface import LitSurface, Turns
from .observations import diffuse_colour
from .separation import BLACK

LightMode = Literal["auto", "turns", "fixed"]
COMPARED = 8000  # pairs of views of one point
ROUNDS = 2  # of light and colours in turn
NEAREST, SHARPNESS = 3, 40.0  # of the directions that a turned one is read from, and how fast they lose weight
CAP = 0.7  # natural log: views of one point that differ by more differ by a highlight or an outline
# What turns has to be this strong, in natural log between two views, and to leave this share of their difference.  On
# the benchmark's objects it is 0.029 to 0.24 and leaves 0.25 to 0.87 where light turned.  Where it stood still it is at
# most 0.055 and leaves 0.907 and more, and on a real orbit of a glossy bag 0.09, which leaves 0.97.
STRONG, CLEARLY = 0.022, 0.89


@dataclass(frozen=True)
class Told:
    """A surface under light that turns, its light, and how well that explains what differs between frames."""

    surface: LitSurface
    light: Tensor  # (K,) of the view at azimuth 0
    left: float  # natural log: by how much views of one point differ, once each has its own light
    before: float  # and by how much they differ as they are
    strength: float  # standard deviation of what it makes two views differ by

    @property
    def clearly(self) -> bool:
        """Whether the light turns, as far as frames can tell."""
        return self.strength > STRONG and self.left < CLEARLY * self.before


def turned_lights(orbit: CameraOrbit, count: int) -> Tensor:  # (N, K, K)
    """What takes the light from ``fibonacci_sphere(count)``, as it stands at azimuth 0, to the light of each frame."""
    directions = fibonacci_sphere(count)
    matrices = []
    for view in orbit.views:
        angle = torch.deg2rad(torch.tensor(view.azimuth))
        cos, sin, x, y = angle.cos(), angle.sin(), directions[:, 0], directions[:, 1]
        back = torch.stack([cos * x + sin * y, cos * y - sin * x, directions[:, 2]], 1)
        near = (back @ directions.T).topk(NEAREST)
        weights = torch.softmax(SHARPNESS * near.values, 1)
        matrices.append(torch.zeros(count, count).scatter_(1, near.indices, weights))
    return torch.stack(matrices)


def under_turning_light(surface: LitSurface, orbit: CameraOrbit, draw: torch.Generator) -> Told:
    """Fit light that turns to a surface that was looked at as if it stood still."""
    matrices = turned_lights(orbit, surface.transfer.shape[1])
    plain = surface.seen
    turning = replace(surface, turns=Turns(matrices, surface.transfer, torch.ones_like(plain.weight)))
    turning = replace(turning, transfer=surface.transfer @ matrices.mean(0))
    light = None
    for _ in range(ROUNDS):
        colour = diffuse_colour(turning.seen)
        light = turning.fit(colour, draw, light)
        shares = turning.frame_shares(light, colour)
        turns = Turns(matrices, surface.transfer, shares)
        turning = replace(turning, turns=turns, seen=turns.evened(plain))
    assert light is not None
    if not (surface.weight > 0).any():
        return Told(turning, light, 0.0, 0.0, 0.0)
    point, views = surface.two_views(COMPARED, draw)
    as_is = (plain.colour[point[:, None], views].mean(-1) + BLACK).log()
    lit = turning.turns.shares[point[:, None], views].log() if turning.turns else torch.zeros_like(as_is)
    differ, explained = as_is[:, 0] - as_is[:, 1], lit[:, 0] - lit[:, 1]
    left, before = ((off.abs().clamp(max=CAP).sum() / max(len(off), 1)) for off in (differ - explained, differ))
    return Told(turning, light, float(left), float(before), float(explained.square().mean().nan_to_num().sqrt()))
