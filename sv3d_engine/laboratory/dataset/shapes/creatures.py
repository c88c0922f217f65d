"""Fish, beetles, crabs and snails, looking ahead."""

# ruff: noqa: RUF005  (tuples are added to arrays as vectors)
import math

import numpy as np
from numpy.typing import ArrayLike

from ..palette import BLACK, DARK, WHITE
from .model import Model, eyes
from .primitives import Floats, Solid, capsule, circle, ellipsoid, extrude, loft, smooth, tube


def fish(model: Model) -> None:
    """A fish with fins, or a whale or shark with its blow hole."""
    draw = model.draw
    long, high, wide = 1.6, draw.between(0.25, 0.6), draw.between(0.14, 0.3)
    t = np.linspace(0, 1, 18)
    swell = np.sin(math.pi * t ** draw.between(0.6, 0.9)) ** draw.between(0.6, 0.9) + 0.06
    ring, sway = circle(24), draw.between(-0.25, 0.25)
    path = np.stack([long * (0.5 - t), sway * t**2, 0.05 * t], -1)
    rings = [
        p + np.stack([np.zeros(24), ring[:, 0] * wide * s, ring[:, 1] * high * s], -1)
        for p, s in zip(path, swell, strict=True)
    ]
    body = model.add(loft(np.stack(rings)), model.paint(0.8, 0.1))
    model.decal(body, "box", (0, 0, -high), (2, 2, high * 0.62), draw.pick([WHITE, model.colours[1]]))
    if draw.chance(0.5):
        model.decal(body, "box", (long * 0.44, 0, 0), (long * 0.14, 1, 1), model.colours[2])
    fin = model.paint(0.4, 0.4)
    end = path[-1]
    model.add(
        _fan(end + (0.08, 0, 0), draw.between(0.35, 0.55), draw.between(0.3, 0.6), draw.between(0.2, 0.6), 0.05), fin
    )
    if draw.chance(0.5):
        model.add(_ridge(draw.between(0.1, 0.3), -0.3, high * 0.7, draw.between(0.2, 0.5)), fin)
        model.add(_ridge(-0.1, -0.4, -high * 0.6, -draw.between(0.15, 0.3)), fin)
    else:
        model.add(_ridge(0.15, -0.15, high * 0.8, draw.between(0.3, 0.5)), fin)
    for y in (-1, 1):
        flap = ellipsoid((0.35, 0.5, 0.04)).moved((-0.1, y * 0.25, 0)).turned("x", -y * draw.between(10, 50))
        model.add(flap, fin, (0.25, y * wide * 0.8, -high * 0.3))
        eye = np.array([long * 0.32, y * wide * 0.72, high * 0.22])
        coat = model.add(ellipsoid((0.16, 0.1, 0.16), 10, 14), WHITE, eye)
        model.decal(coat, "ellipsoid", eye + (0.03, y * 0.04, 0), (0.05, 0.06, 0.05), BLACK)
    lip = np.array([long * 0.5 - 0.01, 0, -0.03])
    model.add(ellipsoid((0.1, wide * 0.7, 0.09)), draw.pick([(0.6, 0.15, 0.12), DARK]), lip)


def _fan(root: ArrayLike, back: float, up: float, notch: float, thick: float) -> Solid:
    x, z = np.asarray(root, float)[[0, 2]]
    outline = np.array(
        [(x, z - 0.06), (x - back, z - up), (x - back * (1 - notch), z), (x - back, z + up), (x, z + 0.06)]
    )

    solid = extrude(outline, thick)
    solid.vertices[-2:, 0] = x - back * 0.35  # the notch must see the fan's middle
    return solid.moved((0, np.asarray(root, float)[1], 0))


def _ridge(front: float, back: float, low: float, rise: float) -> Solid:

    outline = [(front, low), (back, low + rise), (back - 0.06, low + rise * 0.85), (back + 0.02, low)]
    return extrude(outline, 0.05)


def beetle(model: Model) -> None:
    """A beetle, crab or turtle: shell above, head in front, six legs."""
    draw = model.draw
    long, wide, high = draw.between(0.9, 1.3), draw.between(0.7, 1.1), draw.between(0.45, 0.9)
    shell = model.add(ellipsoid((long, wide, high)), model.paint(0.7, 0.1), (0, 0, 0.3))
    if draw.chance(0.6):
        model.decal(shell, "box", (-0.15 * long, 0, 0.6), (long * 0.5, 0.025, 1), DARK)
    skin = draw.pick([DARK, model.colours[1], (0.12, 0.3, 0.06)])
    model.add(ellipsoid((long * 0.96, wide * 0.96, 0.2)), skin, (0, 0, 0.22))
    head = np.array([long / 2 + draw.between(0.02, 0.2), 0, draw.between(0.25, 0.4)])
    model.add(capsule((0.2, 0, 0.28), head, 0.15), skin)
    big = draw.between(0.3, 0.42)
    model.add(ellipsoid((big, big, big * 0.85)), skin, head)
    eyes(model, head + (big * 0.3, 0, big * 0.25), big * 0.33, draw.between(0.1, 0.17))
    if draw.chance(0.6):
        for y in (-1, 1):
            path = smooth([head + (0.1, y * 0.08, 0.12), head + (0.2, y * 0.2, 0.35), head + (0.45, y * 0.3, 0.4)], 8)
            model.add(tube(path, 0.02, 6), DARK)
            model.add(ellipsoid((0.07, 0.07, 0.07), 8, 10), model.colours[3], path[-1])
    else:
        for y in (-1, 1):
            arm = smooth([(0.3, y * wide * 0.4, 0.2), (0.6, y * wide * 0.75, 0.25), (0.85, y * wide * 0.55, 0.3)], 10)
            model.add(tube(arm, 0.06, 8), skin)
            model.add(ellipsoid((0.38, 0.2, 0.24)), model.colours[2], arm[-1] + (0.1, 0, 0))
    for y in (-1, 1):
        for k, x in enumerate(np.linspace(long * 0.3, -long * 0.35, 3)):
            knee = (x + 0.1 - 0.1 * k, y * wide * 0.68, 0.3)
            model.add(capsule((x, y * wide * 0.3, 0.22), knee, 0.05), skin)
            model.add(capsule(knee, (x + 0.2 - 0.22 * k, y * wide * 0.85, -0.05), 0.05, 0.025), skin)


def snail(model: Model) -> None:
    """A snail: a soft foot with horns in front and a coiled shell on its back."""
    draw = model.draw
    skin = draw.pick([(0.55, 0.4, 0.2), (0.3, 0.35, 0.2), (0.6, 0.35, 0.3), model.colours[1]])
    path = smooth(
        [(-0.9, 0, 0.05), (-0.3, 0, 0.12), (0.4, 0, 0.12), (0.75, 0, 0.3), (0.85, 0, draw.between(0.4, 0.6))], 18
    )
    model.add(tube(path, 0.17 * np.sin(np.linspace(0.2, 2.4, 18)) + 0.03, 16), skin)
    head = path[-1]
    model.add(ellipsoid((0.3, 0.26, 0.26)), skin, head)
    for y in (-1, 1):
        tip = head + (draw.between(0.08, 0.25), y * 0.14, draw.between(0.25, 0.4))
        model.add(capsule(head, tip, 0.035), skin)
        coat = model.add(ellipsoid((0.12, 0.12, 0.12), 8, 12), WHITE, tip)
        model.decal(coat, "ellipsoid", tip + (0.06, 0, 0), (0.04, 0.04, 0.04), BLACK)
    turns, size = draw.between(2.0, 3.2), draw.between(0.45, 0.62)
    coil = _coil(turns, size, draw.between(0.0, 0.3) * draw.pick([-1, 1]))
    model.add(coil, model.paint(0.5, 0.1), (-0.15, 0, 0.12 + size * 0.95))


def _coil(turns: float, size: float, side: float) -> Solid:
    s: Floats = np.linspace(0, 1, int(26 * turns))
    turn = -2 * math.pi * turns * s + 1.2
    radius = size * 0.62 * (0.08 + 0.92 * s**1.2)
    path = np.stack([radius * np.cos(turn), side * (1 - s), radius * np.sin(turn)], -1)
    return tube(path, size * 0.42 * (0.12 + 0.88 * s), 14)
