"""Chairs, tables, cabinets, lamps."""

import math

import numpy as np

from ..paint import LETTERS, Paint
from ..palette import BLACK, DARK, STEEL, WHITE
from .model import Model
from .primitives import box, capsule, circle, ellipsoid, lathe, loft, rod, smooth, superquadric, tube

# ruff: noqa: RUF005  (tuples are added to arrays as vectors)


def chair(model: Model) -> None:
    """Seat, four legs, a back of one of several kinds, perhaps arms."""
    draw = model.draw
    wide, deep, seat = draw.between(0.8, 1.15), draw.between(0.8, 1.05), draw.between(0.65, 1.0)
    thick, leg = draw.between(0.06, 0.2), draw.between(0.04, 0.075)
    frame = model.wood(1) if draw.chance(0.5) else model.paint(1, 0.7)
    cover = model.paint(wide, 0.25)
    model.add(box((deep, wide, thick), 0.3 if thick > 0.1 else 0.1), cover, (0, 0, seat))
    spread = draw.between(0, 0.12)
    if draw.chance(0.8):
        for x in (-1, 1):
            for y in (-1, 1):
                top = np.array([x * (deep / 2 - leg), y * (wide / 2 - leg), seat])
                model.add(rod(top * (1 + spread, 1 + spread, 0), top, leg * 0.7, leg, draw.pick([4, 12])), frame)
    else:
        model.add(rod((0, 0, 0.1), (0, 0, seat), leg * 1.3), STEEL)
        for k in range(5):
            a = 2 * math.pi * k / 5
            model.add(capsule((0, 0, 0.15), (0.5 * math.cos(a), 0.5 * math.sin(a), 0.06), 0.045), DARK)
    _back(model, (frame, cover), wide, -deep / 2 + 0.05, seat)
    if draw.chance(0.4):
        for side in (-wide / 2, wide / 2):
            model.add(box((deep * 0.9, 0.1, 0.08), 0.3), frame, (0, side, seat + 0.4))
            model.add(rod((deep * 0.35, side, seat), (deep * 0.35, side, seat + 0.4), 0.04), frame)
    if draw.chance(0.3):
        cushion = superquadric((0.25, 0.6, 0.45), 0.5, 0.7)
        model.add(cushion, model.paint(0.4, 0.1), (-deep / 2 + 0.25, 0, seat + 0.3), (("y", -15),))


def _back(model: Model, paints: tuple[Paint, Paint], wide: float, x: float, seat: float) -> None:
    """A chair's back: a board, bars, rungs or a shell."""
    draw = model.draw
    frame, cover = paints
    tall, lean = draw.between(0.75, 1.3), draw.between(0, 0.25)
    kind = draw.count(0, 3)
    turn = (("y", -math.degrees(math.atan(lean))),)
    if kind == 0:
        model.add(box((0.09, wide, tall), 0.3), cover, (x - lean * tall / 2, 0, seat + tall / 2), turn)
    elif kind == 1:
        for y in np.linspace(-wide / 2 + 0.06, wide / 2 - 0.06, draw.count(4, 7)):
            model.add(rod((x, y, seat), (x - lean * tall, y, seat + tall), 0.032), frame)
        model.add(box((0.09, wide, 0.16), 0.3), cover, (x - lean * tall, 0, seat + tall), turn)
    elif kind == 2:
        for y in (-wide / 2 + 0.06, wide / 2 - 0.06):
            model.add(rod((x, y, seat), (x - lean * tall, y, seat + tall), 0.05), frame)
        for z in np.linspace(0.3, 0.95, draw.count(2, 4)) * tall:
            model.add(box((0.06, wide, 0.13), 0.2), cover, (x - lean * z, 0, seat + z), turn)
    else:
        model.add(
            superquadric((0.16, wide, tall), 0.6, draw.between(0.5, 1)),
            cover,
            (x - lean * tall / 2, 0, seat + tall / 2),
            turn,
        )


def table(model: Model) -> None:
    """A table with a drawer in front and things on it."""
    draw = model.draw
    wide, deep, high = draw.between(1.0, 1.9), draw.between(0.8, 1.2), draw.between(0.6, 1.0)
    paint = model.wood(1.2) if draw.chance(0.6) else model.paint(1.2, 0.3)
    if draw.chance(0.35):
        model.add(
            lathe([(0.01, -0.05), (1, -0.05), (1, 0.04), (0.01, 0.05)], 40).scaled((deep / 2, wide / 2, 1)),
            paint,
            (0, 0, high),
        )
    else:
        model.add(box((deep, wide, 0.1), 0.2), paint, (0, 0, high))
    leg = model.paint(0.5, 0.6)
    if draw.chance(0.3):
        model.add(lathe(smooth([(0.4, 0), (0.1, 0.12), (0.16, high * 0.5), (0.1, high * 0.8), (0.2, high)], 20)), leg)
    else:
        thick, square = draw.between(0.04, 0.08), draw.pick([4, 14])
        for x in (-1, 1):
            for y in (-1, 1):
                p = np.array([x * deep * 0.36, y * wide * 0.42, 0])
                model.add(rod(p * draw.between(0.9, 1.1), p + (0, 0, high), thick * 0.7, thick, square), leg)
        drawer = model.add(box((deep * 0.7, wide * 0.5, 0.24), 0.1), model.paint(0.4, 0.6), (0.06, 0, high - 0.16))
        model.decal(drawer, "box", (deep * 0.35 + 0.06, 0, high - 0.16), (0.05, wide * 0.2, 0.07), model.colours[3])
        model.add(ellipsoid((0.1, 0.1, 0.1), 8, 12), BLACK, (deep * 0.35 + 0.1, 0, high - 0.16))
    for k in range(draw.count(1, 4)):
        at = np.array([draw.between(-0.3, 0.3) * deep, (k / 4 - 0.3) * wide, high + 0.05])
        kind, size = draw.count(0, 3), draw.between(0.15, 0.32)
        if kind == 0:
            model.add(
                box((size, size * 1.4, size * 0.5), 0.06),
                model.paint(size),
                at + (0, 0, size * 0.25),
                (("z", draw.between(-40, 40)),),
            )
        elif kind == 1:
            model.add(ellipsoid((size, size, size)), model.paint(size), at + (0, 0, size / 2))
        elif kind == 2:
            curve = smooth([(0.08, 0), (0.15, size), (0.05, size * 1.7), (0.09, size * 2)], 12)
            model.add(lathe([(0.01, 0), *curve, (0.01, size * 2)], 20), model.paint(size), at)
        else:
            model.add(box((0.05, size * 1.7, size * 1.2), 0.1), BLACK, at + (0, 0, size * 0.8), (("y", -12),))
            model.add(
                box((0.05, size * 1.5, size * 1.0), 0.1),
                model.paint(size, 0.1),
                at + (0.012, 0, size * 0.8),
                (("y", -12),),
            )


def cabinet(model: Model) -> None:
    """A chest of drawers or a bookshelf: plain behind, full of detail in front."""
    draw = model.draw
    wide, deep, high = draw.between(0.7, 1.5), draw.between(0.4, 0.8), draw.between(0.7, 1.7)
    body = model.wood(1) if draw.chance(0.5) else model.paint(1, 0.6)
    rows, columns = draw.count(2, 5), draw.count(1, 3)
    if draw.chance(0.5):
        model.add(box((deep, wide, high), 0.04), body)
        for r in range(rows):
            for c in range(columns):
                y = ((c + 0.5) / columns - 0.5) * wide * 0.94
                z = ((r + 0.5) / rows - 0.5) * high * 0.94
                size = (0.08, wide / columns * 0.84, high / rows * 0.82)
                model.add(box(size, 0.15), model.paint(0.4, 0.75), (deep / 2, y, z))
                model.add(ellipsoid((0.09, 0.09, 0.09), 8, 12), draw.pick([BLACK, STEEL]), (deep / 2 + 0.07, y, z))
    else:
        model.add(box((0.05, wide, high), 0.1), body, (-deep / 2, 0, 0))
        for y in (-wide / 2, wide / 2):
            model.add(box((deep, 0.06, high), 0.1), body, (0, y, 0))
        for r in range(rows + 1):
            z = (r / rows - 0.5) * high
            model.add(box((deep, wide, 0.06), 0.1), body, (0, 0, z))
            y = -wide / 2 + 0.08
            while r < rows and y < wide / 2 - 0.1:
                thick, tall = draw.between(0.05, 0.12), high / rows * draw.between(0.55, 0.85)
                if draw.chance(0.85):
                    model.add(
                        box((deep * 0.7, thick, tall), 0.1),
                        draw.pick([*model.colours, WHITE, DARK]),
                        (0.02, y + thick / 2, z + 0.03 + tall / 2),
                    )
                y += thick + 0.01
    for y in (-1, 1):
        for x in (-1, 1):
            p = (x * deep * 0.4, y * wide * 0.42, -high / 2)
            model.add(rod((p[0], p[1], -high / 2 - 0.15), p, 0.04, 0.06), DARK)
    _ornament(model, wide, high / 2)


def _ornament(model: Model, wide: float, top: float) -> None:
    """Perhaps a vase or books on top."""
    draw = model.draw
    y, size = draw.between(-0.25, 0.25) * wide, draw.between(0.16, 0.3)
    if draw.chance(0.4):
        curve = smooth([(0.08, 0), (0.16, size), (0.05, size * 1.7), (0.1, size * 2)], 12)
        model.add(lathe([(0.01, 0), *curve, (0.01, size * 2)], 20), model.paint(size), (0.05, y, top))
    elif draw.chance(0.5):
        for k in range(draw.count(1, 3)):
            at, turn = (0.05, y, top + 0.04 + 0.08 * k), (("z", draw.between(-30, 30)),)
            model.add(box((size, size * 1.5, 0.08), 0.1), model.paint(size, 0.5), at, turn)


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
