"""The demo object: a wind-up robot as a signed distance field, so that its true surface is known to any test.

World axes as everywhere: Z up, the front looks to +X.  It fits a unit box.  No two sides are alike: one arm is up, one
eye is larger, the aerial is off the middle, and the key is on the back.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

# Linear-light albedo.
TEAL, ORANGE, CREAM, RED = (0.03, 0.26, 0.30), (0.72, 0.24, 0.03), (0.70, 0.58, 0.38), (0.55, 0.03, 0.03)
YELLOW, NAVY, BRASS = (0.78, 0.50, 0.04), (0.03, 0.05, 0.17), (0.50, 0.30, 0.08)
WHITE, BLACK = (0.75, 0.75, 0.73), (0.02, 0.02, 0.02)

SCALE = 1 / 0.964  # makes the longest side, foot to aerial, 1
SHIFT = (0.106, -0.025, 0.008)  # puts the middle of the bounding box at the origin

Colour = tuple[float, float, float]
Paint = Callable[[Tensor], Tensor]  # points (P, 3) in the part's units -> linear albedo (P, 3)


@dataclass(frozen=True)
class Part:
    """A solid and how it is painted."""

    distance: Callable[[Tensor], Tensor]  # (P, 3) -> (P,)
    paint: Paint


def distance(points: Tensor) -> Tensor:  # (P, 3) -> (P,)
    """Signed distance to the robot's surface, negative inside; exact outside, a bound inside."""
    local = _local(points)
    return torch.stack([part.distance(local) for part in PARTS]).amin(0) * SCALE


def albedo(points: Tensor) -> Tensor:  # (P, 3) -> (P, 3)
    """Linear base colour of the surface nearest to each point."""
    local = _local(points)
    nearest = torch.stack([part.distance(local) for part in PARTS]).argmin(0)
    colours = torch.zeros_like(points)
    for index, part in enumerate(PARTS):
        mine = nearest == index
        if mine.any():
            colours[mine] = part.paint(local[mine])
    return colours


def _local(points: Tensor) -> Tensor:
    return points / SCALE - points.new_tensor(SHIFT)


def _box(centre: Colour, half: Colour, radius: float) -> Callable[[Tensor], Tensor]:
    """A box with rounded edges; ``half`` includes the rounding."""

    def measure(p: Tensor) -> Tensor:
        q = (p - p.new_tensor(centre)).abs() - p.new_tensor(half) + radius
        return q.clamp_min(0).norm(dim=-1) + q.amax(-1).clamp_max(0) - radius

    return measure


def _capsule(start: Colour, end: Colour, radius: float) -> Callable[[Tensor], Tensor]:
    def measure(p: Tensor) -> Tensor:
        a, axis = p.new_tensor(start), p.new_tensor(end) - p.new_tensor(start)
        along = ((p - a) @ axis / axis.dot(axis)).clamp(0, 1)
        return (p - a - along[:, None] * axis).norm(dim=-1) - radius

    return measure


def _ball(centre: Colour, radius: float) -> Callable[[Tensor], Tensor]:
    return _capsule(centre, (centre[0], centre[1], centre[2] + 1e-4), radius)


def _ring(centre: Colour, radius: float, thickness: float) -> Callable[[Tensor], Tensor]:
    """A torus whose axis is Y."""

    def measure(p: Tensor) -> Tensor:
        q = p - p.new_tensor(centre)
        around = (q[:, 0] ** 2 + q[:, 2] ** 2).sqrt() - radius
        return (around**2 + q[:, 1] ** 2).sqrt() - thickness

    return measure


def _plain(colour: Colour) -> Paint:
    return lambda p: p.new_tensor(colour).expand_as(p)


def _choose(chosen: Tensor, yes: Colour | Tensor, no: Colour | Tensor) -> Tensor:
    """Colours (P, 3) by a mask (P,)."""
    first = yes if isinstance(yes, Tensor) else torch.tensor(yes)
    second = no if isinstance(no, Tensor) else torch.tensor(no)
    return torch.where(chosen[:, None], first, second)


def _body(p: Tensor) -> Tensor:
    """Teal, with a chequered belt and a dotted dial on the chest."""
    turn = torch.atan2(p[:, 1], p[:, 0])
    squares = ((turn / 0.3927).floor() + (p[:, 2] / 0.035).floor()) % 2 == 0
    colour = _choose((p[:, 2] + 0.14).abs() < 0.035, _choose(squares, CREAM, ORANGE), TEAL)
    spot = ((p[:, 1] - 0.05) ** 2 + (p[:, 2] - 0.005) ** 2).sqrt()
    dial = (p[:, 0] > 0.1) & (spot < 0.052)
    colour = _choose(
        dial, _choose(spot < 0.036, _choose((p[:, 1] - 0.05) * 0.7 > p[:, 2] - 0.005, RED, WHITE), NAVY), colour
    )
    buttons = (
        (p[:, 0] > 0.1) & ((p[:, 1] + 0.085).abs() < 0.014) & ((p[:, 2] / 0.04) % 1 < 0.6) & (p[:, 2].abs() < 0.06)
    )
    return _choose(buttons, YELLOW, colour)


def _head(p: Tensor) -> Tensor:
    """Cream, with a grille for a mouth and an orange cap."""
    grille = (p[:, 0] > 0.09) & ((p[:, 2] - 0.155).abs() < 0.017) & (p[:, 1].abs() < 0.075)
    teeth = (p[:, 1] / 0.03) % 1 < 0.5
    return _choose(grille, _choose(teeth, BLACK, WHITE), _choose(p[:, 2] > 0.283, ORANGE, CREAM))


def _eye(centre: Colour) -> Paint:
    """White, with a pupil that looks ahead and a little to the side."""

    def paint(p: Tensor) -> Tensor:
        out = torch.nn.functional.normalize(p - p.new_tensor(centre), dim=-1)
        return _choose(out @ torch.nn.functional.normalize(p.new_tensor([1.0, 0.12, 0.05]), dim=0) > 0.84, BLACK, WHITE)

    return paint


def _striped(start: Colour, end: Colour, width: float, first: Colour, second: Colour) -> Paint:
    def paint(p: Tensor) -> Tensor:
        axis = torch.nn.functional.normalize(p.new_tensor(end) - p.new_tensor(start), dim=0)
        return _choose(((p - p.new_tensor(start)) @ axis / width) % 1 < 0.5, first, second)

    return paint


_UP = ((0.0, 0.16, 0.0), (0.03, 0.31, 0.13))
_DOWN = ((0.0, -0.16, 0.0), (0.07, -0.26, -0.16))
_LEFT_EYE, _RIGHT_EYE = (0.115, 0.068, 0.237), (0.115, -0.066, 0.232)

PARTS = (
    Part(_box((0, 0, -0.07), (0.13, 0.165, 0.155), 0.05), _body),
    Part(_box((0.01, 0, 0.215), (0.12, 0.155, 0.1), 0.045), _head),
    Part(_capsule((0, 0, 0.05), (0, 0, 0.15), 0.055), _plain(NAVY)),
    Part(_ball(_LEFT_EYE, 0.056), _eye(_LEFT_EYE)),
    Part(_ball(_RIGHT_EYE, 0.043), _eye(_RIGHT_EYE)),
    Part(_capsule((0.01, 0.15, 0.215), (0.01, 0.175, 0.215), 0.035), _plain(RED)),
    Part(_capsule((0.01, -0.15, 0.215), (0.01, -0.175, 0.215), 0.035), _plain(RED)),
    Part(_capsule((-0.02, 0.06, 0.3), (-0.045, 0.1, 0.43), 0.012), _plain(BRASS)),
    Part(_ball((-0.045, 0.1, 0.44), 0.034), _plain(RED)),
    Part(_capsule(*_UP, 0.036), _striped(*_UP, 0.05, ORANGE, NAVY)),
    Part(_ball(_UP[1], 0.052), _plain(YELLOW)),
    Part(_capsule(*_DOWN, 0.036), _striped(*_DOWN, 0.05, ORANGE, NAVY)),
    Part(_ball(_DOWN[1], 0.052), _plain(YELLOW)),
    Part(_capsule((0, 0.08, -0.2), (0, 0.09, -0.42), 0.043), _plain(NAVY)),
    Part(_capsule((0, -0.08, -0.2), (0, -0.09, -0.42), 0.043), _plain(NAVY)),
    Part(_box((0.035, 0.095, -0.45), (0.1, 0.062, 0.04), 0.03), _plain(RED)),
    Part(_box((0.035, -0.095, -0.45), (0.1, 0.062, 0.04), 0.03), _plain(RED)),
    Part(_box((-0.155, 0, -0.05), (0.06, 0.11, 0.11), 0.03), _striped((0, 0, -0.16), (0, 0, 0.06), 0.055, RED, CREAM)),
    Part(_capsule((-0.2, 0, -0.05), (-0.25, 0, -0.05), 0.016), _plain(BRASS)),
    Part(_ring((-0.31, 0, -0.05), 0.055, 0.019), _plain(BRASS)),
)
