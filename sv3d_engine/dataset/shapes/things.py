"""Shoes, cameras, guitars, tools, letters."""

import math

import numpy as np

from ..glyphs import LETTERS, glyph
from ..palette import BLACK, DARK, GLASS, RED, STEEL, WHITE, YELLOW
from .model import Model
from .primitives import Solid, box, capsule, circle, ellipsoid, extrude, lathe, loft, rod, smooth, superquadric, torus, tube


def shoe(model: Model) -> None:
    """A boot, trainer or high heel: toe in front, laces, a sole."""
    draw = model.draw
    long, wide, shaft = 1.2, draw.between(0.36, 0.46), draw.between(0.25, 0.9)
    knots = [(-0.5, 0.3), (-0.2, 0.38), (0.15, 0.3), (0.45, 0.22), (0.62, 0.12)]
    t = np.linspace(0, 1, 16)
    top = smooth(knots, 16)
    half = wide / 2 * np.array([0.6 + 0.4 * math.sin(math.pi * min(max(s, 0.02), 0.93) ** 0.8) for s in t])
    half[-1] *= 0.55
    ring = circle(22)
    heel = draw.pick([0.0, 0.0, draw.between(0.15, 0.35)])
    lift = heel * np.clip(1 - t / 0.65, 0, 1) ** 1.2
    rings = [np.stack([np.full(22, x), h * np.sign(ring[:, 0]) * np.abs(ring[:, 0]) ** 0.8,
                       z / 2 * (1 + np.sign(ring[:, 1]) * np.abs(ring[:, 1]) ** 0.7) + up], -1)
             for (x, z), h, up in zip(top, half, lift, strict=True)]  # fmt: skip
    upper = model.paint(0.5, 0.4)
    foot = model.add(loft(np.stack(rings)), upper)
    model.decal(foot, "ellipsoid", (0.62, 0, 0.08), (0.25, 0.4, 0.22), model.colours[1])
    model.decal(foot, "box", (-0.5, 0, 0.2 + heel), (0.1, 0.4, 0.3), model.colours[2])
    for y in (-1, 1):
        sign = draw.pick(["ellipsoid", "box", "S", "Z", "N"])
        model.decal(foot, sign, (0.0, y * wide / 2, 0.17 + heel * 0.4), (0.14, 0.12, 0.08), model.colours[3], "y" if y > 0 else "-y")
    z = 0.25 + heel
    lean = draw.between(-0.1, 0.02)
    profile = [(0.2, z - 0.1), (0.17, z + shaft * 0.4), (0.19 + 0.03 * draw.chance(0.5), z + shaft), (0.15, z + shaft), (0.12, z - 0.02)]
    leg = lathe([(0.01, z - 0.1), *profile, (0.01, z - 0.02)], 24).scaled((1.15, wide / 0.46, 1))
    coat = model.add(leg, upper, (-0.27 + lean, 0, 0))
    model.decal(coat, "box", (-0.27, 0, z + shaft), (1, 1, 0.07), model.colours[2])
    for k in range(3):
        x = 0.28 - 0.11 * k
        model.add(capsule((x, -0.1, 0.35 + 0.025 * k + heel * 0.3 * k / 2), (x, 0.1, 0.36 + 0.025 * k + heel * 0.3 * k / 2), 0.025), WHITE)
    for k in range(int(shaft / 0.16)):
        at = (-0.05 + lean, 0, z + 0.1 + 0.15 * k)
        model.add(capsule((at[0], -0.09, at[2]), (at[0], 0.09, at[2] + 0.03), 0.022), WHITE)
    sole = draw.pick([WHITE, DARK, (0.35, 0.18, 0.07), model.colours[4]])
    thick = draw.between(0.05, 0.12)
    for low, high, up in ((0, 16, lift),):
        under = [np.stack([np.full(4, x * 1.03), np.array([-1, 1, 1, -1]) * h * 0.95, np.array([-1, -1, 1, 1]) * thick / 2 + u], -1)
                 for (x, _), h, u in zip(top[low:high], half[low:high], up, strict=True)]  # fmt: skip
        model.add(loft(np.stack(under)), sole)
    if heel:
        model.add(rod((-0.48, 0, heel), (-0.44, 0, -thick / 2), 0.12, 0.05 + 0.05 * draw.chance(0.5)), sole)
    else:
        model.add(box((long * 0.3, wide * 0.75, 0.1), 0.1), sole, (-0.35, 0, -0.05))


def camera(model: Model) -> None:
    """A photographic camera, radio or projector: lens or dial in front, buttons above."""
    draw = model.draw
    wide, deep, high = draw.between(0.9, 1.4), draw.between(0.3, 0.55), draw.between(0.6, 0.95)
    body = model.add(box((deep, wide, high), draw.between(0.08, 0.35)), model.paint(0.7, 0.5))
    model.decal(body, "box", (0, 0, -high * 0.05), (2, 2, high * 0.27), draw.pick([DARK, model.colours[1], (0.2, 0.09, 0.04)]))
    y, fat, long = draw.between(-0.2, 0.2), high * draw.between(0.28, 0.4), draw.between(0.15, 0.55)
    x = deep / 2
    tube_ = [(0.01, 0), (fat, 0), (fat, long * 0.5), (fat * 0.86, long * 0.5), (fat * 0.92, long), (fat * 0.75, long), (fat * 0.7, long * 0.8), (0.01, long * 0.8)]
    lens = model.add(lathe(tube_, 32), draw.pick([BLACK, STEEL, DARK]), (x, y, -0.04), (("y", 90),))
    model.decal(lens, "ellipsoid", (x + long * 0.8, y, -0.04), (0.02, fat * 0.7, fat * 0.7), GLASS)
    model.decal(lens, "ellipsoid", (x + long * 0.8, y + fat * 0.25, fat * 0.25), (0.03, fat * 0.15, fat * 0.15), WHITE)
    model.add(torus(fat * 0.98, 0.03).turned("z", 90), model.colours[2], (x + long * 0.25, y, -0.04))
    if draw.chance(0.6):
        model.add(box((deep * 0.6, 0.36, 0.2), 0.2), model.paint(0.3, 0.6), (0, y * 0.5, high / 2 + 0.06))
    flash = model.add(box((0.1, 0.24, 0.14), 0.1), WHITE, (x, -wide * 0.33, high * 0.33))
    model.decal(flash, "box", (x + 0.05, -wide * 0.33, high * 0.33), (0.03, 0.09, 0.045), YELLOW)
    model.decal(body, draw.pick(LETTERS), (x, wide * 0.38, high * 0.34), (0.08, 0.055, 0.075), draw.pick([WHITE, RED]))
    for k in range(draw.count(1, 3)):
        model.add(rod((0, wide * (0.38 - 0.16 * k), high / 2), (0, wide * (0.38 - 0.16 * k), high / 2 + 0.09), 0.06), draw.pick([RED, STEEL, BLACK]))
    model.decal(body, "box", (-x, 0, 0.02), (0.06, wide * 0.3, high * 0.27), GLASS)
    if draw.chance(0.5):
        strap = smooth([(0, -wide / 2, high * 0.3), (-0.1, -wide * 0.5, high), (-0.15, 0, high * draw.between(1.1, 1.6)), (-0.1, wide * 0.5, high), (0, wide / 2, high * 0.3)], 26)
        model.add(tube(strap, 0.035, 8), model.paint(0.3, 0.3))
    if draw.chance(0.4):
        for t in (0.5, 2.6, 4.7):
            model.add(rod((0, 0, -high / 2), (0.5 * math.cos(t), 0.5 * math.sin(t), -high / 2 - 0.9), 0.04), DARK)


def guitar(model: Model) -> None:
    """A guitar, fiddle or banjo standing up, strings in front."""
    draw = model.draw
    low, waist, top = draw.between(0.36, 0.48), draw.between(0.2, 0.3), draw.between(0.26, 0.38)
    knots = [(0.02, -0.5), (low * 0.8, -0.42), (low, -0.15), (waist, 0.15), (top, 0.38), (top * 0.6, 0.55), (0.02, 0.58)]
    side = smooth(knots, 24)
    outline = np.concatenate([side, (side * (-1, 1))[::-1][1:-1]])
    outline[:, 0] *= np.where(outline[:, 0] > 0, 1, draw.between(0.85, 1.0))
    thick = draw.between(0.1, 0.28)
    plate = extrude(outline, thick, 0.06).turned("z", 90)
    wood = model.wood(0.5) if draw.chance(0.55) else model.paint(0.6, 0.3)
    body = model.add(plate, wood)
    x = thick / 2
    model.decal(body, "box", (-0.02, 0, 0), (thick * 0.36, 2, 2), draw.pick([DARK, (0.15, 0.06, 0.03), WHITE]))
    model.decal(body, "ellipsoid", (x, 0, 0.1), (0.05, 0.15, 0.15), YELLOW)
    model.decal(body, "ellipsoid", (x, 0, 0.1), (0.05, 0.12, 0.12), BLACK)
    model.decal(body, "ellipsoid", (x, -0.2, -0.08), (0.05, 0.12, 0.18), draw.pick([BLACK, RED, model.colours[3]]))
    high = draw.between(1.2, 1.6)
    model.add(box((0.08, 0.13, high - 0.2), 0.2), DARK, (x + 0.01, 0, 0.2 + (high - 0.2) / 2))
    head = model.add(box((0.07, draw.between(0.18, 0.26), 0.3), 0.2), model.colours[1], (x - 0.01, 0, high + 0.12), (("y", -8),))
    model.decal(head, draw.pick(LETTERS), (x, 0, high + 0.12), (0.1, 0.06, 0.08), WHITE)
    for y in (-1, 1):
        for k in range(3):
            model.add(ellipsoid((0.05, 0.1, 0.06), 8, 10), STEEL, (x, y * 0.15, high + 0.03 + 0.09 * k))
    model.add(box((0.06, 0.3, 0.06), 0.2), DARK, (x + 0.02, 0, -0.22))
    for y in (-0.04, -0.013, 0.013, 0.04):
        model.add(rod((x + 0.065, y, -0.22), (x + 0.06, y, high), 0.008, None, 4), (0.7, 0.65, 0.5))
    if draw.chance(0.4):
        strap = smooth([(-x, 0.1, -0.45), (-x - 0.25, 0.3, 0.2), (-x - 0.1, 0.1, high * 0.8)], 18)
        model.add(tube(strap, 0.035, 8), model.paint(0.3, 0.2))


def tool(model: Model) -> None:
    """A hammer, axe, spade, brush or screwdriver, upright, its working side ahead."""
    draw = model.draw
    high, fat = draw.between(1.0, 1.6), draw.between(0.06, 0.1)
    grip = smooth([(fat * 1.1, 0), (fat * 0.85, high * 0.3), (fat, high * 0.55), (fat * 0.8, high)], 16)
    handle = model.add(lathe([(0.01, 0), *grip, (0.01, high)], 18), model.wood(0.4) if draw.chance(0.6) else model.paint(0.4, 0.2))
    model.decal(handle, "box", (0, 0, 0), (1, 1, high * draw.between(0.1, 0.35)), model.colours[1])
    kind = draw.count(0, 4)
    if kind == 0:
        model.add(rod((-0.1, 0, high), (0.32, 0, high), 0.11, 0.11), STEEL)
        model.add(rod((0.3, 0, high), (0.42, 0, high), 0.16), model.colours[0])
        claw = smooth([(-0.08, 0, high), (-0.3, 0, high + 0.03), (-0.45, 0, high - 0.12)], 10)
        for y in (-1, 1):
            model.add(tube(claw + (0, y * 0.05, 0), np.linspace(0.08, 0.02, 10), 10), STEEL)
    elif kind == 1:
        blade = extrude([(-0.12, high - 0.14), (0.4, high - 0.32), (0.48, high), (0.4, high + 0.26), (-0.12, high + 0.12)], 0.16)
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
            curve = np.stack([0.12 * (1 - turn**2) * (1 - s) - 0.1 * s, turn * w, np.full(9, high + 0.55 * s - 0.08)], -1)
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
        coat = model.add(_together(blocks), paint, turn=(("x", tilt),))
        model.decal(coat, "box", (-deep / 2, 0, 0.5), (0.06, 3, 3), model.colours[1])
    wide = 0.86 * count + 0.2
    stand = model.add(box((deep + 0.3, wide, 0.14), 0.1), model.wood(0.6) if draw.chance(0.5) else model.colours[2], (0, 0, -0.1))
    model.decal(stand, "box", (deep / 2 + 0.15, 0, -0.1), (0.05, wide * 0.3, 0.045), draw.pick([WHITE, YELLOW]))
    if draw.chance(0.5):
        at = (draw.between(0, 0.1), draw.between(-0.4, 0.4) * count, 1.2)
        model.add(ellipsoid((0.35, 0.35, 0.35)), model.paint(0.2, 0.1), at)


def _together(solids: list[Solid]) -> Solid:
    from .primitives import joined

    return joined(solids)


def clockwork(model: Model) -> None:
    """Gears on a plate, or an alarm clock with bells: hands and teeth in front."""
    draw = model.draw
    if draw.chance(0.5):
        size = 0.55
        case = [(0.01, -0.15), (size, -0.15), (size * 1.08, 0.0), (size, 0.15), (size * 0.88, 0.15), (size * 0.86, 0.1), (0.01, 0.1)]
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
                model.add(superquadric((0.32, 0.32, 0.24), 1, 0.8), model.colours[2], (0, y * 0.36, 0.58), (("x", -y * 32),))
            model.add(rod((0, y * 0.3, -0.4), (0, y * 0.42, -0.68), 0.06, 0.04), DARK)
        model.add(torus(0.14, 0.03).turned("z", 90), STEEL, (0, 0, 0.72))
        model.add(rod((-0.1, 0.15, 0), (-0.28, 0.15, 0), 0.07), YELLOW)
        return
    high = draw.between(1.0, 1.5)
    plate = model.add(box((0.1, high, high), 0.1), model.paint(0.6, 0.3), (-0.12, 0, 0))
    model.decal(plate, "box", (-0.17, 0, 0), (0.06, 0.3, 0.3), model.colours[3])
    y, z = -high * 0.25, high * 0.2
    for k in range(draw.count(2, 4)):
        size, teeth = draw.between(0.25, 0.45), draw.count(8, 14)
        turn = np.arange(teeth * 4)
        radius = size * np.where(turn % 4 < 2, 1.0, 0.78)
        rim = circle(teeth * 4)
        thick = draw.between(0.1, 0.22)
        rings = [np.column_stack([rim * (radius if s > 0.5 else size * 0.25)[:, None] if s > 0.5 else rim * size * 0.22, np.full(teeth * 4, h)])
                 for s, h in ((1, 0), (1, thick), (0, thick), (0, 0))]  # fmt: skip
        x = 0.02 + 0.1 * k
        tint = draw.pick([STEEL, (0.5, 0.3, 0.08), *model.colours])
        gear = model.add(loft(rings, loop=True).turned("y", 90), tint, (x, y, z))
        model.decal(gear, "box", (x + thick, y + size * 0.5, z), (0.03, size * 0.1, size * 0.1), WHITE)
        model.add(rod((-0.1, y, z), (x + thick + 0.1, y, z), size * 0.24), DARK)
        y, z = (y + size * 1.5, z + draw.between(-0.1, 0.1)) if k % 2 == 0 else (y - size * 0.7, z - size * 1.6)
    if draw.chance(0.6):
        model.add(rod((0, 0.3, -0.3), (0.4, 0.3, -0.3), 0.04), STEEL)
        model.add(capsule((0.4, 0.3, -0.3), (0.4, 0.3, -0.02), 0.05), RED)
