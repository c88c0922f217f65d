"""Houses, castles, windmills: doors in front."""

# ruff: noqa: RUF005  (tuples are added to arrays as vectors)
import math

import numpy as np

from ..paint import Paint
from ..palette import BLACK, DARK, GLASS, WHITE, patterned
from .model import Model
from .primitives import box, ellipsoid, extrude, lathe, rod, rotation

_WALLS = ((0.75, 0.7, 0.6), (0.55, 0.2, 0.12), (0.7, 0.55, 0.3), (0.4, 0.4, 0.42), (0.25, 0.45, 0.55), (0.6, 0.35, 0.3))
_ROOFS = ((0.35, 0.08, 0.04), (0.1, 0.1, 0.13), (0.45, 0.18, 0.06), (0.08, 0.15, 0.1), (0.25, 0.14, 0.08))


def _wall(model: Model, size: float) -> Paint:
    draw = model.draw
    r, g, b = draw.pick([*_WALLS, *model.colours])
    darker = (r * 0.72, g * 0.72, b * 0.72)
    return patterned(
        draw, draw.pick(["plain", "bricks", "stripes", "bricks"]), ((r, g, b), darker, (0.5, 0.48, 0.45)), size
    )


def _window(model: Model, coat: int, at: tuple[float, float, float], across: int, size: float) -> None:
    """A pane with a frame and a cross, on a wall across axis x (0) or y (1)."""
    half = [size, size, size * 1.25]
    half[across] = 0.06
    frame, thin = [h * 1.25 for h in half], size * 0.12
    frame[across] = 0.05
    model.decal(coat, "box", at, frame, WHITE)
    model.decal(coat, "box", at, half, GLASS)
    upright = list(half)
    upright[1 - across] = thin
    model.decal(coat, "box", at, upright, WHITE)
    level = list(half)
    level[2] = thin
    model.decal(coat, "box", at, level, WHITE)


def house(model: Model) -> None:
    """Walls, a gable or hipped roof, a door in front, windows, a chimney, an annexe."""
    draw = model.draw
    deep, wide, high = draw.between(0.8, 1.3), draw.between(0.8, 1.5), draw.between(0.5, 1.1)
    walls = model.add(box((deep, wide, high), 0.01), _wall(model, draw.between(0.12, 0.25)), (0, 0, high / 2))
    r, g, b = draw.pick([*_ROOFS, *_ROOFS, model.colours[1]])
    tiles = patterned(
        draw,
        draw.pick(["plain", "bricks", "bricks", "stripes"]),
        ((r, g, b), (r * 0.6, g * 0.6, b * 0.6), (r * 0.4,) * 3),
        0.16,
    )
    rise, eave = draw.between(0.3, 0.75), draw.between(0.08, 0.2)
    a = deep / 2 if draw.chance(0.5) else wide / 2
    across = deep if a == wide / 2 else wide
    turn = (("z", 90.0),) if a == wide / 2 else ()
    z, slope = high, rise / a
    inner = [(-a, z - 0.01), (a, z - 0.01), (0, z + rise)]
    model.add(extrude(inner, across * 0.985), _wall(model, 0.2), (0, 0, 0), turn)
    for side in (-1, 1):
        low = np.array([side * (a + eave), z - slope * eave])
        sheet = np.array([low, (0, z + rise), (0, z + rise + 0.08), low + (0, 0.08)])
        model.add(extrude(sheet, across + 2 * eave), tiles, (0, 0, 0), turn)
    y, tall = draw.between(-0.25, 0.25) * wide, min(high * 0.75, 0.5)
    model.decal(walls, "box", (deep / 2, y, tall / 2), (0.05, 0.16, tall / 2 + 0.03), WHITE)
    model.decal(walls, "box", (deep / 2, y, tall / 2), (0.06, 0.125, tall / 2), model.colours[2])
    model.decal(walls, "ellipsoid", (deep / 2, y + 0.08, tall * 0.48), (0.08, 0.025, 0.025), BLACK)
    model.add(box((0.2, 0.4, 0.07), 0.1), (0.4, 0.4, 0.4), (deep / 2 + 0.1, y, 0.03))
    for place in (-0.36, 0.36):
        if abs(place * wide - y) > 0.28:
            _window(model, walls, (deep / 2, place * wide, high * 0.55), 0, 0.1)
        if draw.chance(0.6):
            _window(model, walls, (-deep / 2, place * wide, high * 0.55), 0, 0.1)
        for side in (-1, 1):
            if draw.chance(0.6):
                _window(model, walls, (place * deep * 0.8, side * wide / 2, high * 0.55), 1, 0.09)
    if draw.chance(0.7):
        at = (-deep * 0.22, draw.pick([-1, 1]) * wide * 0.25, z + rise * 0.75)
        chimney = model.add(
            box((0.18, 0.18, rise + 0.3), 0.05),
            patterned(draw, "bricks", ((0.4, 0.12, 0.07), (0.3, 0.1, 0.06), (0.5, 0.45, 0.4)), 0.1),
            at,
        )
        model.decal(chimney, "box", (at[0], at[1], at[2] + rise / 2 + 0.15), (1, 1, 0.06), DARK)
    if draw.chance(0.4):
        side = draw.pick([-1, 1])
        size = (deep * 0.7, 0.5, high * 0.6)
        annexe = model.add(box(size, 0.02), _wall(model, 0.2), (0, side * (wide / 2 + 0.22), size[2] / 2))
        model.decal(
            annexe,
            "box",
            (size[0] / 2, side * (wide / 2 + 0.22), size[2] * 0.4),
            (0.05, 0.17, size[2] * 0.4),
            model.colours[3],
        )
        model.add(
            box((size[0] + 0.14, 0.6, 0.07), 0.1),
            tiles,
            (0, side * (wide / 2 + 0.24), size[2] + 0.03),
            (("x", -side * 10),),
        )
    if draw.chance(0.5):
        model.add(box((deep + 0.9, wide + 0.9, 0.06), 0.1), (0.1, 0.25, 0.05), (0.1, 0, -0.02))
        for _ in range(draw.count(1, 4)):
            bush, y = draw.between(0.18, 0.4), draw.pick([-1, 1]) * (wide / 2 + 0.24)
            at = (draw.between(-0.4, 0.5) * deep, y, bush / 2)
            model.add(ellipsoid((bush, bush, bush * draw.between(1, 2))), (0.05, 0.2, 0.03), at)


def castle(model: Model) -> None:
    """A keep and round towers with battlements or cones, a gate in front."""
    draw = model.draw
    r, g, b = draw.pick([*_WALLS, (0.35, 0.33, 0.3)])
    stone = patterned(
        draw,
        draw.pick(["bricks", "plain", "blotches"]),
        ((r, g, b), (r * 0.75,) * 3, (r * 0.5, g * 0.5, b * 0.5)),
        0.14,
    )
    size, high = draw.between(0.55, 0.8), draw.between(0.4, 0.8)
    wall = model.add(box((2 * size, 2 * size, high), 0.01), stone, (0, 0, high / 2))
    model.decal(wall, "box", (size, 0, high * 0.28), (0.06, 0.2, high * 0.3), (0.2, 0.1, 0.04))
    model.decal(wall, "ellipsoid", (size, 0, high * 0.55), (0.06, 0.2, 0.2), (0.2, 0.1, 0.04))
    for y in (-0.1, 0, 0.1):
        model.decal(wall, "box", (size, y, high * 0.3), (0.08, 0.012, high * 0.45), BLACK)
    for k in np.linspace(-0.8, 0.8, 6) * size:
        for x, y in ((size - 0.05, k), (-size + 0.05, k), (k, size - 0.05), (k, -size + 0.05)):
            model.add(box((0.1, 0.1, 0.12), 0.02), (r, g, b), (x, y, high + 0.05))
    cone = model.paint(0.4, 0.6)
    for x in (-1, 1):
        for y in (-1, 1):
            tall, fat = high * draw.between(1.1, 2.2), draw.between(0.17, 0.27)
            at = np.array([x * size, y * size, 0])
            tower = model.add(rod((0, 0, 0), (0, 0, tall), fat, fat * 0.92, 24), stone, at)
            out = at + (fat * x, 0, tall * 0.8)
            model.decal(tower, "ellipsoid", out, (0.08, 0.05, 0.1), BLACK)
            if draw.chance(0.65):
                model.add(
                    lathe([(0.01, tall), (fat * 1.25, tall), (0.02, tall + draw.between(0.35, 0.6))], 24), cone, at
                )
            else:
                for k in range(8):
                    t = 2 * math.pi * k / 8
                    spot = at + (fat * math.cos(t), fat * math.sin(t), tall + 0.04)
                    model.add(box((0.1, 0.1, 0.12), 0.02), (r, g, b), spot)
    keep, shift = high * draw.between(1.5, 2.2), (-0.3 * size, draw.between(-0.2, 0.2), 0)
    coat = model.add(box((0.6 * size, 0.6 * size, keep), 0.01), stone, (shift[0], shift[1], keep / 2))
    _window(model, coat, (shift[0] + 0.3 * size, shift[1], keep * 0.8), 0, 0.07)
    if draw.chance(0.7):
        model.add(rod((*shift[:2], keep), (*shift[:2], keep + 0.5), 0.015), DARK)
        model.add(box((0.02, 0.3, 0.18), 0.1), model.colours[0], (shift[0], shift[1] + 0.15, keep + 0.4))


def windmill(model: Model) -> None:
    """A tapering tower with four sails in front, or a lighthouse with its door and lamp."""
    draw = model.draw
    high, low, top = draw.between(1.1, 1.7), draw.between(0.4, 0.55), draw.between(0.22, 0.34)
    tower = model.add(
        lathe([(0.01, 0), (low, 0), (top, high), (0.01, high)], draw.pick([8, 32])),
        _wall(model, 0.2)
        if draw.chance(0.5)
        else patterned(draw, "stripes", (WHITE, model.colours[0], DARK), high / draw.between(2, 4)),
    )
    model.decal(tower, "box", (low, 0, 0.15), (0.2, 0.12, 0.19), model.colours[2])
    for k in range(draw.count(1, 3)):
        z = high * (0.4 + 0.2 * k)
        model.decal(tower, "box", (low + (top - low) * z / high, 0.04 * k, z), (0.1, 0.06, 0.08), GLASS)
    if draw.chance(0.6):
        model.add(
            lathe([(0.01, high), (top * 1.15, high), (top * 0.9, high + 0.2), (0.02, high + 0.45)], 24),
            model.paint(0.3, 0.7),
        )
        hub = np.array([top + 0.12, 0, high + 0.02])
        model.add(rod((0, 0, hub[2]), hub + (0.08, 0, 0), 0.05), DARK)
        start, long = draw.between(0, 90), draw.between(0.6, 0.95)
        sail = model.paint(0.5, 0.3)
        for k in range(4):
            turn = (("x", start + 90 * k),)
            model.add(box((0.03, 0.05, long), 0.2), DARK, hub + _about_x((0.05, 0, long / 2), start + 90 * k), turn)
            model.add(
                box((0.02, 0.2, long * 0.75), 0.2), sail, hub + _about_x((0.05, 0.1, long * 0.6), start + 90 * k), turn
            )
    else:
        model.add(rod((0, 0, high), (0, 0, high + 0.06), top * 1.4, None, 24), DARK)
        model.add(rod((0, 0, high), (0, 0, high + 0.3), top * 0.7, None, 24), (0.85, 0.75, 0.3))
        model.add(lathe([(0.01, high + 0.3), (top * 0.95, high + 0.3), (0.02, high + 0.55)], 24), model.colours[0])
        model.add(box((0.5, 0.45, 0.35), 0.03), _wall(model, 0.15), (-0.1, draw.pick([-1, 1]) * low * 1.1, 0.17))
        model.add(
            ellipsoid((1.6, 1.5, 0.3)),
            patterned(draw, "blotches", ((0.25, 0.24, 0.22), (0.15, 0.2, 0.08), (0.4, 0.38, 0.35)), 0.4),
            (0, 0, -0.05),
        )


def _about_x(v: tuple[float, float, float], degrees: float) -> np.ndarray:

    return rotation("x", degrees) @ np.asarray(v)
