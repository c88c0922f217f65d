"""Albedo as a solid texture: the colour of a point follows from where it is and which part it lies on."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_ROWS = {
    "A": "01110 10001 10001 11111 10001 10001 10001", "B": "11110 10001 10001 11110 10001 10001 11110",
    "C": "01111 10000 10000 10000 10000 10000 01111", "D": "11110 10001 10001 10001 10001 10001 11110",
    "E": "11111 10000 10000 11110 10000 10000 11111", "F": "11111 10000 10000 11110 10000 10000 10000",
    "G": "01111 10000 10000 10011 10001 10001 01111", "H": "10001 10001 10001 11111 10001 10001 10001",
    "J": "00111 00010 00010 00010 00010 10010 01100", "K": "10001 10010 10100 11000 10100 10010 10001",
    "L": "10000 10000 10000 10000 10000 10000 11111", "M": "10001 11011 10101 10101 10001 10001 10001",
    "N": "10001 11001 10101 10011 10001 10001 10001", "P": "11110 10001 10001 11110 10000 10000 10000",
    "R": "11110 10001 10001 11110 10100 10010 10001", "S": "01111 10000 10000 01110 00001 00001 11110",
    "T": "11111 00100 00100 00100 00100 00100 00100", "U": "10001 10001 10001 10001 10001 10001 01110",
    "X": "10001 10001 01010 00100 01010 10001 10001", "Y": "10001 10001 01010 00100 00100 00100 00100",
    "Z": "11111 00001 00010 00100 01000 10000 11111", "2": "01110 10001 00001 00110 01000 10000 11111",
    "3": "11110 00001 00001 01110 00001 00001 11110", "4": "00010 00110 01010 10010 11111 00010 00010",
    "5": "11111 10000 11110 00001 00001 10001 01110", "6": "01110 10000 10000 11110 10001 10001 01110",
    "7": "11111 00001 00010 00100 01000 01000 01000", "9": "01110 10001 10001 01111 00001 00001 01110",
}  # fmt: skip

LETTERS = "".join(_ROWS)


def glyph(letter: str) -> NDArray[np.bool_]:  # (7, 5), top row first
    """The dots of a letter."""
    return np.array([[dot == "1" for dot in row] for row in _ROWS[letter].split()])


Colour = tuple[float, float, float]

_RIGHT = {"x": (1, 1.0), "-x": (1, -1.0), "y": (0, -1.0), "-y": (0, 1.0)}  # facing -> the viewer's right


@dataclass(frozen=True)
class Paint:
    """One part's pattern."""

    pattern: str
    colours: tuple[Colour, Colour, Colour]
    period: float = 0.2  # length of a repeat
    direction: Colour = (0.0, 0.0, 1.0)  # unit
    share: float = 0.5  # of the first colour
    waves: tuple[tuple[float, float, float, float], ...] = ()  # frequency vectors over the period, and phase


@dataclass(frozen=True)
class Decal:
    """A region of space that colours the surface inside it."""

    shape: str  # ellipsoid, box, or a letter in a box
    centre: Colour
    half: Colour  # half sizes
    colour: Colour
    facing: str = "x"  # from where a letter can be read: x, -x, y or -y


@dataclass(frozen=True)
class Coat:
    """What is painted on one part: the pattern in its own frame, decals on top in their order."""

    paint: Paint
    frame: NDArray[np.float64]  # (3, 4): the part's own coordinates from the object's
    decals: tuple[Decal, ...] = ()


def coloured(points: Tensor, parts: Tensor, coats: Sequence[Coat]) -> Tensor:
    """Linear albedo (P, 3) at points (P, 3), object's units, on parts (P,); any device."""
    order = _by_part(parts)
    counts = torch.bincount(parts, minlength=len(coats)).tolist()
    groups = points[order].split(counts)
    colour = torch.empty_like(points)
    colour[order] = torch.cat([_coat(group, coat) for group, coat in zip(groups, coats, strict=True)])
    return colour


def _by_part(parts: Tensor) -> Tensor:  # (P,) -> (P,)
    """The order that groups points by their part; NumPy sorts short integers by digits, which is much faster."""
    if parts.device.type == "cpu":
        return torch.from_numpy(np.argsort(parts.numpy().astype(np.uint16), kind="stable"))
    return parts.argsort(stable=True)


def _coat(p: Tensor, coat: Coat) -> Tensor:
    frame = torch.as_tensor(coat.frame, dtype=p.dtype, device=p.device)
    colours = p.new_tensor(coat.paint.colours)
    if coat.paint.pattern == "plain":
        colour = colours[0].expand_as(p)
    else:
        colour = _mixed(colours, _pattern(torch.addmm(frame[:, 3], p, frame[:, :3].T), coat.paint))
    for decal in coat.decals:
        colour = torch.where(_covers(p, decal)[:, None], p.new_tensor(decal.colour), colour)
    return colour


def _mixed(colours: Tensor, weight: Tensor) -> Tensor:  # (3, 3), (P,) in [0, 2] -> (P, 3)
    """From the first colour at 0 by the second at 1 to the third at 2."""
    w = weight[:, None]
    return colours[0] + (colours[1] - colours[0]) * w.clamp(0, 1) + (colours[2] - colours[1]) * (w - 1).clamp(0, 1)


def _pattern(q: Tensor, paint: Paint) -> Tensor:  # (P, 3) -> (P,) in [0, 2]
    return _PATTERNS[paint.pattern](q, q @ q.new_tensor(paint.direction) / paint.period, paint)


def _dots(q: Tensor, _along: Tensor, paint: Paint) -> Tensor:
    """Balls at the points of a lattice whose every other layer is shifted."""
    layer = (q[:, 2:] / paint.period).floor() % 2
    cell = (q / paint.period + 0.5 * layer * q.new_tensor([1.0, 1.0, 0.0])) % 1 - 0.5
    return (cell.square().sum(-1) > (0.35 + 0.25 * paint.share) ** 2).float()


def _blotches(q: Tensor, _along: Tensor, paint: Paint) -> Tensor:
    noise = _noise(q, paint)
    return (noise > paint.share - 0.5).float() + (noise > paint.share + 0.1).float()


def _wood(q: Tensor, _along: Tensor, paint: Paint) -> Tensor:
    """Year rings round the part's own z axis."""
    ring = (q[:, :2].norm(dim=-1) * 1.5 + 0.1 * q[:, 2]) / paint.period + 0.4 * _noise(q, paint)
    return (ring % 1).square() * 1.6


def _bricks(q: Tensor, _along: Tensor, paint: Paint) -> Tensor:
    """Courses along z, mortar in the third colour; x + y runs along any upright wall of a block."""
    row = (q[:, 2] * 2 / paint.period).floor()
    u = (q[:, 0] + q[:, 1]) / paint.period + 0.5 * (row % 2)
    mortar = ((q[:, 2] * 2 / paint.period) % 1 < 0.14) | (u % 1 < 0.08)
    shade = ((u.floor() * 12.9898 + row * 78.233).sin() * 43.7) % 1
    return torch.where(mortar, 2.0, shade * 0.9)


_PATTERNS: dict[str, Callable[[Tensor, Tensor, Paint], Tensor]] = {
    "stripes": lambda q, along, paint: (along % 1 >= paint.share).float(),
    "checks": lambda q, along, paint: (q / paint.period + 0.37).floor().sum(-1) % 2,
    "dots": _dots,
    "bands": lambda q, along, paint: (along % 3).floor(),
    "gradient": lambda q, along, paint: (along + 1).clamp(0, 2),
    "blotches": _blotches,
    "marble": lambda q, along, paint: 1 + torch.sin(2 * math.pi * along + 3 * _noise(q, paint)),
    "wood": _wood,
    "bricks": _bricks,
    "split": lambda q, along, paint: (along > 0).float(),
}
PATTERNS = tuple(_PATTERNS)  # beside "plain"


def _noise(q: Tensor, paint: Paint) -> Tensor:  # (P, 3) -> (P,), about ±1
    """A sum of plane waves, each bent by the one before."""
    waves = q.new_tensor(paint.waves)
    total = q.new_zeros(len(q))
    bend = q.new_zeros(len(q))
    for phase in torch.addmm(waves[:, 3], q / paint.period, waves[:, :3].T).unbind(1):
        bend = torch.sin(phase + 1.5 * bend)
        total = total + bend
    return total / len(waves) ** 0.5


def _covers(p: Tensor, decal: Decal) -> Tensor:  # (P, 3) -> (P,) bool
    d = (p - p.new_tensor(decal.centre)) / p.new_tensor(decal.half)
    if decal.shape == "ellipsoid":
        return d.square().sum(-1) < 1
    inside = d.abs().amax(-1) < 1
    if decal.shape == "box":
        return inside
    axis, sign = _RIGHT[decal.facing]
    dots = torch.as_tensor(glyph(decal.shape), device=p.device)
    column = ((sign * d[:, axis] + 1) * 2.5).long().clamp(0, 4)
    row = ((1 - d[:, 2]) * 3.5).long().clamp(0, 6)
    return inside & dots[row, column]
