"""Potted plants and bowls of fruit."""

# ruff: noqa: RUF005  (tuples are added to arrays as vectors)
import math

import numpy as np

from ..palette import DARK, RED, WHITE, YELLOW, patterned
from .model import Model
from .nature import GREENS, foliage
from .primitives import capsule, ellipsoid, lathe, rod, smooth, tube


def potted(model: Model) -> None:
    """A plant in a pot that has a sign: leaves, a cactus, or flowers."""
    draw = model.draw
    low, wide, high = draw.between(0.22, 0.35), draw.between(0.3, 0.5), draw.between(0.35, 0.6)
    pot = [
        (0.01, 0),
        (low, 0),
        (wide, high),
        (wide * 1.1, high),
        (wide * 1.1, high + 0.1),
        (wide * 0.95, high + 0.1),
        (wide * 0.9, high),
        (0.01, high),
    ]
    clay = draw.pick([(0.5, 0.2, 0.09), model.colours[0], WHITE])
    coat = model.add(lathe(pot, 30), clay if draw.chance(0.5) else model.paint(0.4, 0))
    model.decal(
        coat,
        draw.pick(["ellipsoid", "box"]),
        ((low + wide) / 2, 0, high * 0.55),
        (0.15, 0.12, 0.12),
        draw.pick([WHITE, model.colours[2]]),
    )
    model.add(ellipsoid((wide * 1.8, wide * 1.8, 0.1)), (0.08, 0.045, 0.02), (0, 0, high))
    leaf = foliage(model, 0.3)
    kind = draw.count(0, 2)
    if kind == 0:
        for k in range(draw.count(7, 14)):
            t, tilt = 2.4 * k + draw.between(-0.2, 0.2), draw.between(15, 65)
            long = draw.between(0.6, 1.2) * (1.2 if math.cos(t) > 0 else 0.8)
            blade = ellipsoid((0.06, draw.between(0.14, 0.3), long)).moved((0, 0, long / 2)).bent(0.3)
            model.add(blade, leaf, (0, 0, high), (("y", tilt), ("z", math.degrees(t))))
    elif kind == 1:
        tall, fat = draw.between(0.6, 1.2), draw.between(0.15, 0.24)
        green = draw.pick(GREENS[:4])
        skin = patterned(draw, draw.pick(["dots", "stripes"]), (green, (0.02, 0.09, 0.02), WHITE), 0.09)
        model.add(capsule((0, 0, high), (0, 0, high + tall), fat), skin)
        for side in (-1, 1)[: draw.count(1, 2)]:
            z = high + tall * draw.between(0.3, 0.6)
            x = draw.between(0, 0.25)
            arm = smooth([(0, 0, z), (x, side * 0.3, z + 0.05), (x, side * 0.36, z + draw.between(0.3, 0.5))], 12)
            model.add(tube(arm, fat * 0.55, 12), skin)
            model.add(ellipsoid((fat * 1.1,) * 3), skin, arm[-1])
        for _ in range(draw.count(1, 3)):
            at = (fat * 0.9, draw.between(-0.1, 0.1), high + tall * draw.between(0.5, 1))
            model.add(ellipsoid((0.13, 0.17, 0.17), 8, 12), draw.pick([(0.75, 0.1, 0.25), YELLOW]), at)
    else:
        for _ in range(draw.count(3, 7)):
            end = np.array([draw.between(-0.2, 0.5), draw.between(-0.45, 0.45), high + draw.between(0.5, 1.0)])
            model.add(
                tube(smooth(np.array([(0, 0, high), (end[0] * 0.3, end[1] * 0.3, high + 0.4), end]), 8), 0.025, 6),
                (0.06, 0.22, 0.03),
            )
            tint = draw.pick([*model.colours, RED, YELLOW])
            for k in range(6):
                petal = ellipsoid((0.04, 0.11, 0.17)).moved((0, 0, 0.12))
                model.add(petal, tint, end, (("x", 60 * k), ("y", -20)))
            model.add(ellipsoid((0.1, 0.14, 0.14), 8, 12), draw.pick([YELLOW, DARK]), end, (("y", -20),))
        for k in range(4):
            model.add(
                ellipsoid((0.5, 0.2, 0.04)).moved((0.25, 0, 0)),
                leaf,
                (0, 0, high + 0.05),
                (("y", -35), ("z", 90 * k + 30)),
            )


def fruit(model: Model) -> None:
    """A bowl, basket or board of fruit: apples, bananas, pears, a pineapple."""
    draw = model.draw
    wide = draw.between(0.6, 0.8)
    bowl = [(0.01, -0.3), (wide * 0.5, -0.3), (wide, 0.05), (wide * 0.94, 0.07), (wide * 0.45, -0.22), (0.01, -0.22)]
    coat = model.add(lathe(bowl, 36), model.paint(0.5, 0.2))
    model.decal(coat, "ellipsoid", (wide * 0.8, 0, -0.13), (0.2, 0.13, 0.1), draw.pick([WHITE, model.colours[2]]))
    for k in range(draw.count(4, 7)):
        t, out = 2.4 * k, 0.36 if k else 0.0
        at = np.array([out * math.cos(t), out * math.sin(t), 0.06 if k else 0.22])
        kind, size = draw.count(0, 3), draw.between(0.34, 0.46)
        tint = draw.pick([RED, (0.3, 0.45, 0.04), (0.8, 0.3, 0.02), YELLOW, (0.25, 0.03, 0.12)])
        if kind == 0:
            curve = smooth([(0.02, 0.8), (0.3, 0.95), (0.5, 0.55), (0.3, 0.08), (0.02, 0.1)], 16) * size
            apple = patterned(draw, "gradient", (tint, tint, (0.6, 0.5, 0.05)), size * 2)
            model.add(lathe(curve, 24), apple, at, (("x", draw.between(-30, 30)), ("y", draw.between(-30, 30))))
            model.add(rod(at + (0, 0, size * 0.75), at + (0.05, 0, size * 1.15), 0.02), (0.15, 0.08, 0.03))
        elif kind == 1:
            model.add(ellipsoid((size, size, size)), (0.8, 0.3, 0.02), at + (0, 0, 0.15))
        elif kind == 2:
            pear = smooth([(0.02, 0), (0.26, 0.1), (0.3, 0.4), (0.13, 0.75), (0.02, 0.85)], 18) * size * 1.4
            model.add(lathe(pear, 22), tint, at, (("y", draw.between(-40, 40)),))
        else:
            for s in (-1, 0, 1):
                arc = smooth(
                    [(0.5, 0.09 * s, 0.45), (0.45, 0.1 * s, 0.2), (0.2, 0.1 * s, 0.1), (-0.1, 0.09 * s, 0.2)], 14
                )
                model.add(
                    tube(arc, 0.085 * np.sin(np.linspace(0.3, 2.9, 14)) + 0.01, 8),
                    (0.8, 0.55, 0.04),
                    at + (0, 0, 0.12),
                    (("z", draw.between(-20, 20)),),
                )
    if draw.chance(0.4):
        at = np.array([-0.2, draw.between(-0.2, 0.2), 0.35])
        skin = patterned(draw, "checks", ((0.5, 0.28, 0.03), (0.3, 0.14, 0.02), DARK), 0.09)
        model.add(ellipsoid((0.42, 0.42, 0.7)), skin, at)
        for k in range(10):
            model.add(
                ellipsoid((0.05, 0.1, 0.45)).moved((0, 0, 0.2)),
                (0.05, 0.2, 0.04),
                at + (0, 0, 0.3),
                (("y", 15 + 3 * k), ("z", 137 * k)),
            )
