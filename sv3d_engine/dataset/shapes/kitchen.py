"""Mugs, bottles, teapots."""

# ruff: noqa: RUF005  (tuples are added to arrays as vectors)
import math

import numpy as np

from ..glyphs import LETTERS
from ..palette import BLACK, DARK, RED, WHITE
from .model import Model
from .primitives import capsule, ellipsoid, lathe, rod, smooth, tube


def mug(model: Model) -> None:
    """An open cup whose handle is on one side, with a badge."""
    draw = model.draw
    high, wide = draw.between(0.8, 1.3), draw.between(0.38, 0.55)
    foot = wide * draw.between(0.6, 1.05)
    belly = draw.between(-0.06, 0.12)
    z = np.linspace(0, 1, 10)
    radius = foot + (wide - foot) * z + belly * np.sin(math.pi * z)
    outer = np.stack([radius, z * high], 1)
    inner = np.stack([radius - 0.045, z * high], 1)[:1:-1]
    profile = [(0.01, 0), *outer, *inner, (0.01, inner[-1, 1])]
    cup = model.add(lathe(profile, 40), model.paint(high, 0.25))
    _label(model, cup, float(radius[5]), high * draw.between(0.4, 0.6), draw.between(0.16, 0.26))
    turn = draw.between(60, 150) * draw.pick([-1, 1])
    reach = draw.between(0.25, 0.45)
    rise = draw.between(0.25, 0.38) * high
    path = smooth([(0, 0, -rise), (reach * 0.8, 0, -rise), (reach, 0, 0), (reach * 0.8, 0, rise), (0, 0, rise)], 20)
    path += [float(radius[5]) - 0.03, 0, high / 2]
    model.add(
        tube(path, draw.between(0.04, 0.075), 12, draw.between(0.7, 1.4)), model.paint(high, 0.7), turn=(("z", turn),)
    )
    if draw.chance(0.5):
        model.add(rod((0, 0, high * 0.8), (0, 0, high * 0.84), wide * 0.9), draw.pick([(0.09, 0.03, 0.01), DARK]))
    if draw.chance(0.3):
        lean = draw.between(-0.25, 0.25)
        model.add(capsule((0, 0, 0.2 * high), (lean, 0.2, 1.45 * high), 0.03), model.colours[3])


def bottle(model: Model) -> None:
    """A bottle or vase with a label on its front only, a cap or a flower."""
    draw = model.draw
    r = [draw.between(0.18, 0.42) for _ in range(4)]
    neck = draw.between(0.08, 0.16)
    knots = [(r[0], 0), (r[1], 0.35), (r[2], 0.7), (neck, 1.0), (neck * draw.between(0.9, 1.5), 1.3)]
    if draw.chance(0.4):  # straight sides
        knots[1], knots[2] = (r[0], 0.3), (r[0], 0.75)
    curve = smooth(knots, 26)
    curve[:, 0] = np.maximum(curve[:, 0], 0.05)
    squash = draw.between(0.55, 1.0)
    body = model.add(lathe([(0.01, 0), *curve, (0.01, 1.28)], 36).scaled((1, squash, 1)), model.paint(0.9, 0.35))
    _label(model, body, float(curve[10, 0]), draw.between(0.4, 0.55), draw.between(0.13, 0.24))
    if draw.chance(0.55):
        model.add(lathe([(0.01, 1.25), (neck * 1.35, 1.25), (neck * 1.3, 1.48), (0.01, 1.5)], 20), model.colours[2])
    else:
        for _ in range(draw.count(1, 4)):
            top = np.array([draw.between(-0.1, 0.5), draw.between(-0.4, 0.4), draw.between(1.7, 2.1)])
            model.add(tube(smooth(np.array([(0, 0, 0.6), (0, 0, 1.3), top]), 10), 0.02, 6), (0.05, 0.2, 0.03))
            model.add(ellipsoid((0.12, 0.32, 0.32)), model.colours[1], top, (("y", -30),))
            model.add(ellipsoid((0.12, 0.13, 0.13)), (0.8, 0.5, 0.03), top + (0.04, 0, 0.02), (("y", -30),))
    if draw.chance(0.3):
        side = float(curve[14, 0]) * squash
        path = smooth([(0, side * 0.7, 0.4), (0, side + 0.25, 0.6), (0, side + 0.2, 1.0), (0, neck * squash, 1.1)], 16)
        model.add(tube(path, 0.04, 8), model.colours[2])


def teapot(model: Model) -> None:
    """Spout forward, handle behind, a lid with a knob: teapot, kettle or watering can."""
    draw = model.draw
    high, wide = draw.between(0.6, 1.0), draw.between(0.45, 0.6)
    low, top = wide * draw.between(0.6, 1.0), wide * draw.between(0.35, 0.7)
    curve = smooth([(low, 0), (wide, high * draw.between(0.3, 0.5)), (top, high)], 18)
    body = model.add(lathe([(0.01, 0), *curve, (0.01, high)], 36), model.paint(high, 0.3))
    if draw.chance(0.6):
        _label(model, body, wide, high * 0.45, 0.15)
    lid = [
        (top * 0.95, high - 0.01),
        (top * 0.7, high + 0.1),
        (0.06, high + 0.15),
        (0.05, high + 0.2),
        (0.09, high + 0.26),
        (0.01, high + 0.31),
    ]
    model.add(lathe(lid, 24), model.paint(0.3, 0.7))
    reach, lift = draw.between(0.4, 0.75), draw.between(0.6, 1.15) * high
    spout = smooth([(wide * 0.6, 0, high * 0.25), (wide + reach * 0.5, 0, high * 0.4), (wide + reach, 0, lift)], 16)
    thick = np.linspace(draw.between(0.12, 0.17), draw.between(0.05, 0.09), 16)
    pipe = model.add(tube(spout, thick, 14), model.paint(0.4, 0.8))
    model.decal(pipe, "ellipsoid", (wide + reach, 0, lift), (0.04, 0.04, 0.04), BLACK)
    if draw.chance(0.4):
        handle = smooth(
            [
                (-wide * 0.8, 0, high * 0.8),
                (-wide * 0.5, 0, high * 1.7),
                (0.1, 0, high * 1.8),
                (wide * 0.8, 0, high * 0.8),
            ],
            24,
        )
    else:
        handle = smooth(
            [
                (-wide * 0.7, 0, high * 0.2),
                (-wide - 0.35, 0, high * 0.35),
                (-wide - 0.35, 0, high * 0.85),
                (-top * 0.8, 0, high * 0.9),
            ],
            24,
        )
    model.add(tube(handle, draw.between(0.04, 0.07), 12), model.paint(0.4, 0.6))


def _label(model: Model, coat: int, radius: float, height: float, size: float) -> None:
    """A badge on the front of a round body."""
    draw = model.draw
    colour, ink = draw.pick([(WHITE, BLACK), (WHITE, RED), (DARK, WHITE), (model.colours[3], model.colours[1])])
    at, half = (radius, 0.0, height), (radius * 0.6, size, size * draw.between(0.7, 1.2))
    model.decal(coat, draw.pick(["ellipsoid", "box"]), at, half, colour)
    mark = draw.pick([*LETTERS, "ellipsoid", "box"])
    model.decal(coat, mark, at, (half[0], half[1] * 0.5, half[2] * 0.6), ink)
