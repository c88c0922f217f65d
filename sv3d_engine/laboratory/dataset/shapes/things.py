"""Shoes, cameras, guitars."""

import math

import numpy as np

from ..paint import LETTERS
from ..palette import BLACK, DARK, GLASS, RED, STEEL, WHITE, YELLOW
from .model import Model
from .primitives import box, capsule, circle, ellipsoid, extrude, lathe, loft, rod, smooth, torus, tube


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
    rings = [
        np.stack(
            [
                np.full(22, x),
                h * np.sign(ring[:, 0]) * np.abs(ring[:, 0]) ** 0.8,
                z / 2 * (1 + np.sign(ring[:, 1]) * np.abs(ring[:, 1]) ** 0.7) + up,
            ],
            -1,
        )
        for (x, z), h, up in zip(top, half, lift, strict=True)
    ]
    upper = model.paint(0.5, 0.4)
    foot = model.add(loft(np.stack(rings)), upper)
    model.decal(foot, "ellipsoid", (0.62, 0, 0.08), (0.25, 0.4, 0.22), model.colours[1])
    model.decal(foot, "box", (-0.5, 0, 0.2 + heel), (0.1, 0.4, 0.3), model.colours[2])
    for y in (-1, 1):
        sign = draw.pick(["ellipsoid", "box", "S", "Z", "N"])
        model.decal(
            foot,
            sign,
            (0.0, y * wide / 2, 0.17 + heel * 0.4),
            (0.14, 0.12, 0.08),
            model.colours[3],
            "y" if y > 0 else "-y",
        )
    z = 0.25 + heel
    lean = draw.between(-0.1, 0.02)
    profile = [
        (0.2, z - 0.1),
        (0.17, z + shaft * 0.4),
        (0.19 + 0.03 * draw.chance(0.5), z + shaft),
        (0.15, z + shaft),
        (0.12, z - 0.02),
    ]
    leg = lathe([(0.01, z - 0.1), *profile, (0.01, z - 0.02)], 24).scaled((1.15, wide / 0.46, 1))
    coat = model.add(leg, upper, (-0.27 + lean, 0, 0))
    model.decal(coat, "box", (-0.27, 0, z + shaft), (1, 1, 0.07), model.colours[2])
    for k in range(3):
        x = 0.28 - 0.11 * k
        model.add(
            capsule(
                (x, -0.1, 0.35 + 0.025 * k + heel * 0.3 * k / 2), (x, 0.1, 0.36 + 0.025 * k + heel * 0.3 * k / 2), 0.025
            ),
            WHITE,
        )
    for k in range(int(shaft / 0.16)):
        at = (-0.05 + lean, 0, z + 0.1 + 0.15 * k)
        model.add(capsule((at[0], -0.09, at[2]), (at[0], 0.09, at[2] + 0.03), 0.022), WHITE)
    sole = draw.pick([WHITE, DARK, (0.35, 0.18, 0.07), model.colours[4]])
    thick = draw.between(0.05, 0.12)
    across, down = np.array([-0.95, 0.95, 0.95, -0.95]), np.array([-1, -1, 1, 1]) * thick / 2
    under = [
        np.column_stack([np.full(4, x * 1.03), across * h, down + up])
        for (x, _), h, up in zip(top, half, lift, strict=True)
    ]
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
    model.decal(
        body, "box", (0, 0, -high * 0.05), (2, 2, high * 0.27), draw.pick([DARK, model.colours[1], (0.2, 0.09, 0.04)])
    )
    y, fat, long = draw.between(-0.2, 0.2), high * draw.between(0.28, 0.4), draw.between(0.15, 0.55)
    x = deep / 2
    tube_ = [
        (0.01, 0),
        (fat, 0),
        (fat, long * 0.5),
        (fat * 0.86, long * 0.5),
        (fat * 0.92, long),
        (fat * 0.75, long),
        (fat * 0.7, long * 0.8),
        (0.01, long * 0.8),
    ]
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
        model.add(
            rod((0, wide * (0.38 - 0.16 * k), high / 2), (0, wide * (0.38 - 0.16 * k), high / 2 + 0.09), 0.06),
            draw.pick([RED, STEEL, BLACK]),
        )
    model.decal(body, "box", (-x, 0, 0.02), (0.06, wide * 0.3, high * 0.27), GLASS)
    if draw.chance(0.5):
        strap = smooth(
            [
                (0, -wide / 2, high * 0.3),
                (-0.1, -wide * 0.5, high),
                (-0.15, 0, high * draw.between(1.1, 1.6)),
                (-0.1, wide * 0.5, high),
                (0, wide / 2, high * 0.3),
            ],
            26,
        )
        model.add(tube(strap, 0.035, 8), model.paint(0.3, 0.3))
    if draw.chance(0.4):
        for t in (0.5, 2.6, 4.7):
            model.add(rod((0, 0, -high / 2), (0.5 * math.cos(t), 0.5 * math.sin(t), -high / 2 - 0.9), 0.04), DARK)


def guitar(model: Model) -> None:
    """A guitar, fiddle or banjo standing up, strings in front."""
    draw = model.draw
    low, waist, top = draw.between(0.36, 0.48), draw.between(0.2, 0.3), draw.between(0.26, 0.38)
    knots = [
        (0.02, -0.5),
        (low * 0.8, -0.42),
        (low, -0.15),
        (waist, 0.15),
        (top, 0.38),
        (top * 0.6, 0.55),
        (0.02, 0.58),
    ]
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
    head = model.add(
        box((0.07, draw.between(0.18, 0.26), 0.3), 0.2), model.colours[1], (x - 0.01, 0, high + 0.12), (("y", -8),)
    )
    model.decal(head, draw.pick(LETTERS), (x, 0, high + 0.12), (0.1, 0.06, 0.08), WHITE)
    for y in (-1, 1):
        for k in range(3):
            model.add(ellipsoid((0.05, 0.1, 0.06), 8, 10), STEEL, (x, y * 0.15, high + 0.03 + 0.09 * k))
    model.add(box((0.06, 0.3, 0.06), 0.2), DARK, (x + 0.02, 0, -0.22))
    for string in (-0.04, -0.013, 0.013, 0.04):
        model.add(rod((x + 0.065, string, -0.22), (x + 0.06, string, high), 0.008, None, 4), (0.7, 0.65, 0.5))
    if draw.chance(0.4):
        strap = smooth([(-x, 0.1, -0.45), (-x - 0.25, 0.3, 0.2), (-x - 0.1, 0.1, high * 0.8)], 18)
        model.add(tube(strap, 0.035, 8), model.paint(0.3, 0.2))
