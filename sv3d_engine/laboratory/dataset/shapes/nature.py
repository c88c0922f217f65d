"""Trees, mushrooms, rocks."""

# ruff: noqa: RUF005  (tuples are added to arrays as vectors)
import math

import numpy as np

from ..paint import Paint
from ..palette import RED, WHITE, YELLOW, Draw, patterned
from .model import Model
from .primitives import Solid, box, ellipsoid, lathe, rod, smooth, superquadric, tube

GREENS = (
    (0.05, 0.2, 0.03),
    (0.12, 0.32, 0.04),
    (0.03, 0.12, 0.05),
    (0.3, 0.35, 0.05),
    (0.5, 0.15, 0.02),
    (0.7, 0.35, 0.4),
)


_BARK = ((0.2, 0.1, 0.05), (0.12, 0.08, 0.05), (0.5, 0.47, 0.42))


def tree(model: Model) -> None:
    """A broad-leaved tree, fir or palm, with a hole, swing or fruit to tell its front by."""
    draw = model.draw
    high, fat = draw.between(0.6, 1.2), draw.between(0.07, 0.15)
    bark = patterned(draw, "marble", (draw.pick(_BARK), (0.08, 0.05, 0.03), (0.25, 0.15, 0.08)), 0.12)
    bend = draw.between(-0.25, 0.35)
    path = smooth([(0, 0, 0), (bend * 0.3, 0, high * 0.5), (bend, 0, high)], 12)
    trunk = model.add(tube(path, np.linspace(fat * 1.5, fat * 0.8, 12), 14), bark)
    top = path[-1]
    leaves = foliage(model, 0.25)
    kind = draw.count(0, 2)
    if kind == 0:
        model.decal(trunk, "ellipsoid", path[5] + (fat, 0, 0), (0.12, fat * 0.6, fat * 0.9), (0.02, 0.012, 0.008))
        for _ in range(draw.count(3, 7)):
            size = draw.between(0.5, 0.9)
            at = top + draw.points(1, 0.25)[0] * (1, 1, 0.7) + (0, 0, 0.2)
            model.add(bumpy(draw, size, 0.05, 16), leaves, at)
            if draw.chance(0.7):
                out = np.array([size * 0.48, draw.between(-0.15, 0.15), draw.between(-0.1, 0.1)])
                model.add(ellipsoid((0.13, 0.13, 0.13), 8, 12), draw.pick([RED, YELLOW]), at + out)
        side = draw.pick([-1, 1])
        branch = path[8] + np.array([draw.between(0, 0.3), side * 0.55, 0.25])
        model.add(rod(path[7], branch, fat * 0.6, 0.03), bark)
        model.add(ellipsoid((0.35, 0.35, 0.3)), leaves, branch)
    elif kind == 1:
        z, size, tiers = high * 0.35, draw.between(0.5, 0.75), draw.count(3, 5)
        sides = draw.pick([8, 20])
        for k in range(tiers):
            r = size * (1 - 0.8 * k / tiers)
            model.add(lathe([(0.01, 0), (r, -0.04), (r * 0.4, 0.3), (0.01, 0.5)], sides), leaves, (bend * 0.6, 0, z))
            for _ in range(draw.count(0, 3)):
                t = draw.between(-1.4, 1.4)
                at = (bend * 0.6 + r * 0.9 * math.cos(t), r * 0.9 * math.sin(t), z)
                model.add(ellipsoid((0.12, 0.12, 0.12), 8, 12), draw.pick([RED, YELLOW, model.colours[0]]), at)
            z += 0.3
        model.add(superquadric((0.1, 0.22, 0.22), 1, 2), YELLOW, (bend * 0.6, 0, z + 0.25))
    else:
        for k in range(draw.count(6, 9)):
            t = k * 2.4
            out = np.array([math.cos(t), math.sin(t), 0]) * draw.between(0.5, 0.9)
            curve = smooth([top, top + out * 0.5 + (0, 0, 0.25), top + out + (0, 0, draw.between(-0.4, 0.1))], 10)
            model.add(tube(curve, 0.14 * np.sin(np.linspace(0.25, 3.0, 10)), 8, 0.25), leaves)
        for y in (-0.09, 0.05, 0.12):
            model.add(ellipsoid((0.17, 0.17, 0.19)), (0.2, 0.1, 0.04), top + (0.1, y, -0.08))
    if draw.chance(0.5):
        model.add(ellipsoid((0.9, 0.9, 0.15)), foliage(model, 0.15), (0.1, 0, 0))


def mushroom(model: Model) -> None:
    """A group of toadstools, the biggest with a door or a snail's bite."""
    draw = model.draw
    cap = (
        model.paint(0.4, 0.1)
        if draw.chance(0.5)
        else patterned(draw, "dots", (WHITE, RED, RED), draw.between(0.25, 0.4))
    )
    stem = draw.pick([(0.75, 0.68, 0.55), WHITE, (0.6, 0.45, 0.3)])
    places = [
        (0.0, 0.0, 1.0),
        (draw.between(0.3, 0.6), draw.between(-0.5, 0.5), 0.55),
        (draw.between(-0.4, 0.1), 0.55, 0.4),
    ]
    for x, y, size in places[: draw.count(1, 3)]:
        high, fat = size * draw.between(0.7, 1.1), size * draw.between(0.12, 0.24)
        wide, rise = size * draw.between(0.45, 0.7), size * draw.between(0.25, 0.6)
        lean = draw.between(-0.1, 0.25) * size
        curve = smooth([(fat * 1.4, 0), (fat, high * 0.4), (fat * 0.8, high)], 12)
        trunk = model.add(lathe([(0.01, 0), *curve, (0.01, high)], 22).bent(lean / high**2), stem, (x, y, 0))
        if size == 1.0:
            model.decal(trunk, "box", (fat, 0, 0.17), (0.3, fat * 0.55, 0.17), model.colours[2])
            model.decal(trunk, "ellipsoid", (fat, 0, 0.34), (0.3, fat * 0.55, fat * 0.55), model.colours[2])
        dome = smooth([(wide, 0), (wide * 0.95, rise * 0.4), (wide * 0.55, rise * 0.85), (0.01, rise)], 14)
        hood = lathe([(0.01, 0.02 * size), (wide * 0.9, -0.06 * size), *dome], 32)
        coat = model.add(hood, cap, (x + lean, y, high - 0.03), (("y", draw.between(-15, 20)),))
        model.decal(coat, "box", (x + lean, y, high - 0.1), (0.4 * size, 0.4 * size, 0.06), (0.7, 0.6, 0.45))
    model.add(ellipsoid((1.3, 1.3, 0.2)), foliage(model, 0.2), (0.1, 0.05, 0))
    for _ in range(4):
        at = np.array([draw.between(0.2, 0.6), draw.between(-0.5, 0.5), 0])
        model.add(
            rod(at, at + (draw.between(-0.1, 0.1), draw.between(-0.1, 0.1), draw.between(0.2, 0.4)), 0.03, 0.005),
            (0.1, 0.3, 0.04),
        )


def rock(model: Model) -> None:
    """Boulders with moss, crystals or a fossil in front; a gem or an idol on a plinth."""
    draw = model.draw
    r = draw.between(0.15, 0.5)
    stone = patterned(
        draw,
        draw.pick(["blotches", "marble"]),
        ((r, r * 0.95, r * 0.85), (r * 0.5, r * 0.5, r * 0.52), (r * 0.7, r * 0.9, r * 0.4)),
        draw.between(0.25, 0.6),
    )
    big = bumpy(draw, 1.0, draw.between(0.05, 0.11), 30).scaled((draw.between(0.7, 1.1), 1, draw.between(0.5, 1.2)))
    model.add(big, stone)
    for _ in range(draw.count(1, 3)):
        size = draw.between(0.3, 0.55)
        at = (draw.between(0.1, 0.55), draw.pick([-1, 1]) * draw.between(0.3, 0.6), -0.25)
        model.add(bumpy(draw, size, 0.09, 16), stone if draw.chance(0.6) else model.paint(0.3, 0.2), at)
    tint = model.colours[0]
    if draw.chance(0.65):
        start = np.array([0.25, draw.between(-0.2, 0.2), 0.2])
        for _ in range(draw.count(3, 7)):
            aim = start + np.array([draw.between(0.1, 0.5), draw.between(-0.45, 0.45), draw.between(0.2, 0.75)])
            fat = draw.between(0.05, 0.12)
            model.add(rod(start, aim, fat, fat, 6), tint)
            tip = aim + (aim - start) / np.linalg.norm(aim - start) * fat * 1.6
            model.add(rod(aim, tip, fat, 0.005, 6), tint)
    else:
        model.add(rod((0.1, 0, 0.2), (0.1, 0, draw.between(0.8, 1.1)), 0.02), (0.4, 0.25, 0.1))
        model.add(box((0.05, 0.5, 0.28), 0.1), (0.5, 0.3, 0.12), (0.14, 0, 0.75), (("x", draw.between(-12, 12)),))


def foliage(model: Model, size: float) -> Paint:
    green = model.draw.pick(GREENS)
    r, g, b = green
    return patterned(
        model.draw, "blotches", (green, (r * 0.6, g * 0.65, b * 0.6), (min(r * 1.6, 0.8), g * 1.4, b * 1.3)), size
    )


def bumpy(draw: Draw, size: float, rough: float, rows: int = 22) -> Solid:
    """A ball dented and swollen by waves."""
    ball = ellipsoid((size, size, size), rows, rows * 3 // 2)
    unit = ball.vertices / np.maximum(np.linalg.norm(ball.vertices, axis=1, keepdims=True), 1e-9)
    swell = np.zeros(len(unit))
    for k in range(7):
        swell += np.sin(unit @ draw.points(1, 1.6 + 0.6 * k)[0] + draw.between(0, 6.3)) / (1 + 0.7 * k)
    return Solid(ball.vertices * (1 + rough * swell)[:, None], ball.faces)
