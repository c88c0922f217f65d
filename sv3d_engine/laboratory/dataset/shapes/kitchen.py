"""Mugs, bottles, teapots; cakes, burgers, ice-cream."""

import math

import numpy as np

from ..paint import LETTERS, Paint
from ..palette import BLACK, DARK, GLASS, RED, WHITE, patterned
from .model import Model
from .primitives import Floats, Solid, capsule, circle, ellipsoid, lathe, loft, rod, smooth, tube

# ruff: noqa: RUF005  (tuples are added to arrays as vectors)


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
