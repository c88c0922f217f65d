"""Tools, letters, clockwork."""

# ruff: noqa: RUF005  (tuples are added to arrays as vectors)
import math

import numpy as np

from ..paint import LETTERS, glyph
from ..palette import BLACK, DARK, RED, STEEL, WHITE, YELLOW
from .model import Model
from .primitives import (
    Solid,
    box,
    capsule,
    circle,
    ellipsoid,
    extrude,
    joined,
    lathe,
    loft,
    rod,
    smooth,
    superquadric,
    torus,
    tube,
)


def tool(model: Model) -> None:
    """A hammer, axe, spade, brush or screwdriver, upright, its working side ahead."""
    draw = model.draw
    high, fat = draw.between(1.0, 1.6), draw.between(0.06, 0.1)
    grip = smooth([(fat * 1.1, 0), (fat * 0.85, high * 0.3), (fat, high * 0.55), (fat * 0.8, high)], 16)
    handle = model.add(
        lathe([(0.01, 0), *grip, (0.01, high)], 18), model.wood(0.4) if draw.chance(0.6) else model.paint(0.4, 0.2)
    )
    model.decal(handle, "box", (0, 0, 0), (1, 1, high * draw.between(0.1, 0.35)), model.colours[1])
    kind = draw.count(0, 4)
    if kind == 0:
        model.add(rod((-0.1, 0, high), (0.32, 0, high), 0.11, 0.11), STEEL)
        model.add(rod((0.3, 0, high), (0.42, 0, high), 0.16), model.colours[0])
        claw = smooth([(-0.08, 0, high), (-0.3, 0, high + 0.03), (-0.45, 0, high - 0.12)], 10)
        for y in (-1, 1):
            model.add(tube(claw + (0, y * 0.05, 0), np.linspace(0.08, 0.02, 10), 10), STEEL)
    elif kind == 1:
        blade = extrude(
            [(-0.12, high - 0.14), (0.4, high - 0.32), (0.48, high), (0.4, high + 0.26), (-0.12, high + 0.12)], 0.16
        )
        blade.vertices[:, 1] *= np.clip(1 - np.maximum(blade.vertices[:, 0], 0) / 0.5, 0.08, 1)
        coat = model.add(blade, model.colours[0])
        model.decal(coat, "box", (0.5, 0, high), (0.17, 1, 1), STEEL)
        model.add(box((0.2, 0.2, 0.24), 0.1), DARK, (-0.12, 0, high))
    elif kind == 2:
        z = np.linspace(0, 1, 10)
        width = 0.28 * np.sqrt(np.clip(1.02 - z**2.5, 0, 1)) + 0.01
        turn = np.linspace(-1, 1, 9)
        rings = []
        for s, w in zip(z, width, strict=True):
            curve = np.stack(
                [0.12 * (1 - turn**2) * (1 - s) - 0.1 * s, turn * w, np.full(9, high + 0.55 * s - 0.08)], -1
            )
            rings.append(np.concatenate([curve, curve[::-1] + (-0.03, 0, 0)]))
        model.add(loft(np.stack(rings)), STEEL if draw.chance(0.5) else model.colours[0])
        model.add(capsule((0, -0.18, 0), (0, 0.18, 0), 0.06), model.colours[2])
    elif kind == 3:
        wide = draw.between(0.3, 0.6)
        model.add(box((0.16, wide, 0.2), 0.2), model.colours[0], (0, 0, high + 0.05))
        bristle = superquadric((0.22, wide * 1.05, 0.5), 0.4, 0.5).bent(0.5)
        tips = model.add(bristle, (0.6, 0.42, 0.15), (0.03, 0, high + 0.3))
        model.decal(tips, "box", (0, 0, high + 0.55), (1, 1, 0.16), model.colours[3])
    else:
        hole, size = circle(6), 0.22
        jaw = [np.column_stack([circle(28) * size, np.full(28, y)]) for y in (-0.06, 0.06)]
        inner = [np.column_stack([np.repeat(hole, 5, 0)[:28] * size * 0.5, np.full(28, y)]) for y in (0.06, -0.06)]
        ring = loft([jaw[0], jaw[1], inner[0], inner[1]], loop=True).turned("y", 90)
        model.add(ring, STEEL, (0, 0, high + 0.15))
        for y in (-1, 1):
            model.add(capsule((0, y * 0.16, -0.08), (0.05, y * 0.18, -0.32), 0.08), STEEL)
        model.add(ellipsoid((0.2, 0.46, 0.26)), STEEL, (0, 0, -0.02))
        model.add(ellipsoid((0.08, 0.24, 0.24)), RED, (0.05, 0, high * 0.5))
    if draw.chance(0.5):
        foot = draw.between(0.45, 0.65)
        model.add(box((foot, foot, 0.14), 0.1), model.paint(0.3, 0.3), (0, 0, -0.1 if kind < 2 or kind == 3 else -0.35))


def letters(model: Model) -> None:
    """Two or three big letters on a stand, each of blocks, with a smooth back."""
    draw = model.draw
    count = draw.count(1, 3)
    deep = draw.between(0.25, 0.6)
    for k in range(count):
        mark = glyph(draw.pick(LETTERS))
        paint = model.paint(0.6, 0.35)
        blocks = []
        for row in range(7):
            column = 0
            while column < 5:  # runs of dots are one block
                start = column
                while column < 5 and mark[row, column]:
                    column += 1
                if column > start:
                    y = (start + column) / 2 * 0.14 - 0.35 + (k - (count - 1) / 2) * 0.86
                    block = box((deep, (column - start) * 0.14, 0.145), 0.02, 1)
                    blocks.append(block.moved((0, y, (6.5 - row) * 0.14)))
                column += 1
        tilt = draw.between(-10, 10)
        coat = model.add(joined(blocks), paint, turn=(("x", tilt),))
        model.decal(coat, "box", (-deep / 2, 0, 0.5), (0.06, 3, 3), model.colours[1])
    wide = 0.86 * count + 0.2
    stand = model.add(
        box((deep + 0.3, wide, 0.14), 0.1), model.wood(0.6) if draw.chance(0.5) else model.colours[2], (0, 0, -0.1)
    )
    model.decal(stand, "box", (deep / 2 + 0.15, 0, -0.1), (0.05, wide * 0.3, 0.045), draw.pick([WHITE, YELLOW]))
    if draw.chance(0.5):
        at = (draw.between(0, 0.1), draw.between(-0.4, 0.4) * count, 1.2)
        model.add(ellipsoid((0.35, 0.35, 0.35)), model.paint(0.2, 0.1), at)


def clockwork(model: Model) -> None:
    """Gears on a plate, or an alarm clock with bells: hands and teeth in front."""
    draw = model.draw
    if draw.chance(0.5):
        _alarm(model)
    else:
        _gears(model)


def _alarm(model: Model) -> None:
    draw, size = model.draw, 0.55
    case = [
        (0.01, -0.15),
        (size, -0.15),
        (size * 1.08, 0.0),
        (size, 0.15),
        (size * 0.88, 0.15),
        (size * 0.86, 0.1),
        (0.01, 0.1),
    ]
    coat = model.add(lathe(case, 40), model.paint(0.5, 0.4), turn=(("y", 90),))
    model.decal(coat, "ellipsoid", (0.1, 0, 0), (0.03, size * 0.87, size * 0.87), WHITE)
    for k in range(12):
        t = math.pi * k / 6
        model.decal(coat, "ellipsoid", (0.1, 0.4 * math.sin(t), 0.4 * math.cos(t)), (0.04, 0.035, 0.035), BLACK)
    for long, fat, turn in ((0.24, 0.035, draw.between(0, 360)), (0.36, 0.022, draw.between(0, 360))):
        hand = box((0.03, fat * 2, long), 0.2).moved((0.13, 0, long / 2))
        model.add(hand, draw.pick([BLACK, RED]), turn=(("x", turn),))
    for y in (-1, 1):
        if draw.chance(0.8):
            model.add(
                superquadric((0.32, 0.32, 0.24), 1, 0.8), model.colours[2], (0, y * 0.36, 0.58), (("x", -y * 32),)
            )
        model.add(rod((0, y * 0.3, -0.4), (0, y * 0.42, -0.68), 0.06, 0.04), DARK)
    model.add(torus(0.14, 0.03).turned("z", 90), STEEL, (0, 0, 0.72))
    model.add(rod((-0.1, 0.15, 0), (-0.28, 0.15, 0), 0.07), YELLOW)


def _gears(model: Model) -> None:
    draw = model.draw
    high = draw.between(1.0, 1.5)
    plate = model.add(box((0.1, high, high), 0.1), model.paint(0.6, 0.3), (-0.12, 0, 0))
    model.decal(plate, "box", (-0.17, 0, 0), (0.06, 0.3, 0.3), model.colours[3])
    y, z = -high * 0.25, high * 0.2
    for k in range(draw.count(2, 4)):
        size, teeth = draw.between(0.25, 0.45), draw.count(8, 14)
        thick = draw.between(0.1, 0.22)
        x = 0.02 + 0.1 * k
        tint = draw.pick([STEEL, (0.5, 0.3, 0.08), *model.colours])
        gear = model.add(_gear(size, teeth, thick), tint, (x, y, z))
        model.decal(gear, "box", (x + thick, y + size * 0.5, z), (0.03, size * 0.1, size * 0.1), WHITE)
        model.add(rod((-0.1, y, z), (x + thick + 0.1, y, z), size * 0.24), DARK)
        y, z = (y + size * 1.5, z + draw.between(-0.1, 0.1)) if k % 2 == 0 else (y - size * 0.7, z - size * 1.6)
    if draw.chance(0.6):
        model.add(rod((0, 0.3, -0.3), (0.4, 0.3, -0.3), 0.04), STEEL)
        model.add(capsule((0.4, 0.3, -0.3), (0.4, 0.3, -0.02), 0.05), RED)


def _gear(size: float, teeth: int, thick: float) -> Solid:
    """A toothed ring round x, from 0 to ``thick``."""
    count = teeth * 4
    rim, hub = (
        circle(count) * size * np.where(np.arange(count) % 4 < 2, 1.0, 0.78)[:, None],
        circle(count) * size * 0.22,
    )
    layers = ((rim, 0.0), (rim, thick), (hub, thick), (hub, 0.0))
    rings = [np.column_stack([outline, np.full(count, z)]) for outline, z in layers]
    return loft(rings, loop=True).turned("y", 90)
