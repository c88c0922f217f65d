"""Lamps."""

import numpy as np

from ..glyphs import LETTERS
from ..palette import BLACK, DARK
from .model import Model
from .primitives import capsule, circle, ellipsoid, lathe, loft, rod, smooth, tube


def lamp(model: Model) -> None:
    """A desk lamp with a bent arm, or a bedside lamp with its switch in front."""
    draw = model.draw
    base = draw.between(0.3, 0.5)
    model.add(lathe([(0.01, 0), (base, 0), (base, 0.05), (base * 0.5, 0.12), (0.01, 0.13)], 32), model.paint(0.4, 0.6))
    shade = model.paint(0.6, 0.3)
    if draw.chance(0.6):
        elbow = np.array([-draw.between(0.25, 0.6), draw.between(-0.1, 0.1), draw.between(0.7, 1.0)])
        head = np.array([draw.between(0.25, 0.6), draw.between(-0.15, 0.15), draw.between(1.2, 1.6)])
        model.add(capsule((0, 0, 0.1), elbow, 0.035), model.colours[1])
        model.add(capsule(elbow, head, 0.03), model.colours[1])
        for p in (elbow, head):
            model.add(ellipsoid((0.15, 0.15, 0.15), 8, 14), DARK, p)
        wide, long = draw.between(0.22, 0.38), draw.between(0.3, 0.5)
        cone = [(0.06, 0.02), (0.1, 0), (wide, -long), (wide - 0.03, -long), (0.05, -0.05), (0.01, -0.05)]
        turn = (("y", -draw.between(25, 60)),)
        model.add(lathe(cone, 32), shade, head, turn)
        bulb = np.array([0.1, 0, -0.2])
        model.add(ellipsoid((0.2, 0.2, 0.2)), (0.85, 0.8, 0.5), head + bulb, turn)
    else:
        high = draw.between(0.8, 1.3)
        curve = smooth(
            [(0.06, 0.1), (draw.between(0.05, 0.35), 0.35), (draw.between(0.05, 0.2), 0.6), (0.04, high)], 22
        )
        body = model.add(lathe(curve, 28), model.paint(0.6, 0.3))
        fat = float(curve[6, 0])
        sign = draw.pick(["ellipsoid", "box", *LETTERS])
        model.decal(body, sign, (fat, 0, float(curve[6, 1])), (fat * 0.8, max(fat * 0.6, 0.06), 0.14), model.colours[3])
        cord = smooth([(-base * 0.9, 0, 0.03), (-base - 0.25, 0.1, 0.03), (-base - 0.4, -0.15, 0.03)], 14)
        model.add(tube(cord, 0.03, 8), BLACK)
        low, top, tall = draw.between(0.35, 0.6), draw.between(0.15, 0.4), draw.between(0.4, 0.7)
        z = high - 0.25
        sides = draw.pick([4, 6, 36])
        profile = [(low, z), (top, z + tall), (top - 0.03, z + tall), (low - 0.03, z)]
        ring = [np.column_stack([circle(sides) * r, np.full(sides, h)]) for r, h in profile]
        model.add(loft(ring, loop=True), shade)
        model.add(ellipsoid((0.22, 0.22, 0.3)), (0.85, 0.8, 0.55), (0, 0, z + tall * 0.4))
        model.add(rod((0.2, 0, z), (0.2, 0, z - 0.3), 0.012), BLACK)
        model.add(ellipsoid((0.08, 0.08, 0.12), 8, 10), model.colours[3], (0.2, 0, z - 0.33))
