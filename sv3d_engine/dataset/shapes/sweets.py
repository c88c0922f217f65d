"""Cakes, burgers, ice-cream."""

import math

import numpy as np

from ..paint import Paint
from ..palette import GLASS, RED, WHITE, patterned
from .model import Model
from .primitives import circle, ellipsoid, lathe, loft, rod, smooth
from .solid import Floats, Solid


def cake(model: Model) -> None:
    """A round cake of layers with a slice gone from the front, icing, cherries and candles."""
    draw = model.draw
    gap, start = draw.between(40, 110), draw.between(-20, 20)
    turn = np.radians(np.linspace(gap / 2, 360 - gap / 2, 40) + start)
    z, radius = 0.0, 0.8
    for _ in range(draw.count(1, 3)):
        high = draw.between(0.25, 0.45)
        for share, paint in ((0.42, model.paint(0.3, 0.6)), (0.12, model.colours[1]), (0.34, model.paint(0.3, 0.6))):
            model.add(_wedge(turn, radius, z, z + share * high), paint)
            z += share * high
        model.add(_wedge(turn, radius * 1.03, z, z + 0.12 * high), model.colours[2])
        z += 0.12 * high
        for angle in turn[2 : -2 : draw.count(3, 6)]:
            at = (radius * 0.86 * math.cos(angle), radius * 0.86 * math.sin(angle), z)
            model.add(ellipsoid((0.14, 0.14, 0.14), 8, 12), model.colours[3], at)
        radius *= draw.between(0.55, 0.75)
    for k in range(draw.count(0, 4)):
        x, y = -0.1 - 0.05 * k, 0.13 * (k - 1.5)
        model.add(rod((x, y, z), (x, y, z + 0.3), 0.025), model.paint(0.15, 0.2))
        model.add(ellipsoid((0.05, 0.05, 0.11), 8, 10), (0.85, 0.4, 0.03), (x, y, z + 0.35))
    if draw.chance(0.6):
        plate = [(0.01, -0.08), (0.7, -0.08), (1.05, 0.02), (1.05, 0.05), (0.7, 0), (0.01, 0)]
        model.add(lathe(plate, 40), model.draw.pick([WHITE, GLASS, model.colours[4]]))


def _wedge(turn: Floats, radius: float, low: float, high: float) -> Solid:
    arc = np.stack([np.cos(turn), np.sin(turn)], 1) * radius
    flat = np.concatenate([[[0.0, 0.0]], arc])
    rings = [np.concatenate([flat, np.full((len(flat), 1), z)], 1) for z in (low, high)]
    solid = loft(rings)
    # The caps' fans must start from the tip: the mean of the outline may lie in the gap.
    solid.vertices[-2], solid.vertices[-1] = (0, 0, low), (0, 0, high)
    return solid.cleaned()


def burger(model: Model) -> None:
    """A bun with layers that stick out to the front, or an ice-cream in a cone."""
    draw = model.draw
    if draw.chance(0.5):
        model.add(
            lathe([(0.02, -1.2), (0.06, -1.2), (0.42, 0), (0.36, 0.04), (0.01, 0.04)], 28),
            model.wood(0.6) if draw.chance(0.2) else _waffle(model),
        )
        z = 0.1
        for k in range(draw.count(1, 3)):
            size = 0.78 - 0.12 * k
            at = (draw.between(-0.06, 0.1), draw.between(-0.08, 0.08), z + 0.1)
            model.add(ellipsoid((size, size, size * 0.85)), model.paint(0.3, 0.35), at)
            z += size * 0.5
        model.add(ellipsoid((0.2, 0.2, 0.2)), RED, (0.1, 0.05, z + 0.22))
        model.add(rod((-0.1, -0.1, z - 0.2), (-0.4, -0.35, z + 0.55), 0.05), model.paint(0.2, 0.2))
        return
    bun = (0.55, 0.26, 0.07)
    model.add(lathe([(0.01, 0), (0.7, 0), (0.78, 0.1), (0.75, 0.22), (0.01, 0.24)], 36), bun)
    z = 0.24
    for _ in range(draw.count(3, 5)):
        kind, thick = draw.count(0, 2), draw.between(0.07, 0.15)
        shift = (draw.between(0, 0.16), draw.between(-0.08, 0.08), z + thick / 2)
        colour = draw.pick([(0.1, 0.03, 0.015), (0.1, 0.4, 0.04), (0.8, 0.5, 0.05), RED, model.colours[0]])
        if kind == 0:
            model.add(
                lathe([(0.01, -thick / 2), (0.8, -thick / 2), (0.8, thick / 2), (0.01, thick / 2)]), colour, shift
            )
        elif kind == 1:  # a leaf with a wavy rim
            ring = circle(48)
            wave = 0.04 * np.sin(np.arange(48) * 2 * math.pi * 8 / 48)
            rings = [
                np.column_stack([ring * s, wave * (s > 0.5) + h])
                for s, h in ((0.02, -0.03), (0.9, -0.03), (0.92, 0.02), (0.02, 0.03))
            ]
            model.add(loft(rings), colour, shift)
        else:
            square = circle(4) * 1.15
            model.add(loft([np.column_stack([square, np.full(4, h)]) for h in (-0.03, 0.03)]), colour, shift)
        z += thick * 0.9
    top = smooth([(0.78, z), (0.74, z + 0.3), (0.4, z + 0.52), (0.02, z + 0.56)], 14)
    coat = model.add(lathe([(0.01, z), *top], 36), bun)
    for aim in draw.points(14, 1.0) * (1, 1, 0) + np.abs(draw.points(14, 1.0)) * (0, 0, 1):
        p = aim / np.linalg.norm(aim)
        model.decal(coat, "ellipsoid", (p[0] * 0.7, p[1] * 0.7, z + p[2] * 0.53), (0.05, 0.05, 0.07), WHITE)
    if draw.chance(0.5):
        model.add(rod((0, 0, z), (0, 0, z + 1.0), 0.02), WHITE)
        model.add(ellipsoid((0.02, 0.4, 0.3)), model.paint(0.2, 0.1), (0, 0.2, z + 0.85))


def _waffle(model: Model) -> Paint:

    return patterned(model.draw, "checks", ((0.55, 0.3, 0.1), (0.38, 0.18, 0.05), WHITE), 0.12)
