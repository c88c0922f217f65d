"""Cars, lorries, locomotives."""

import numpy as np
from numpy.typing import ArrayLike

from ..paint import LETTERS
from ..palette import BLACK, DARK, GLASS, RED, STEEL, WHITE, YELLOW
from .model import Model
from .primitives import Solid, box, ellipsoid, extrude, lathe, rod, superquadric


def car(model: Model) -> None:
    """A saloon, estate, van or pick-up: bonnet in front, windows, lamps, number plate."""
    draw = model.draw
    long, wide = draw.between(1.8, 2.5), draw.between(0.85, 1.1)
    wheel = draw.between(0.2, 0.3)
    low, belt = wheel * 0.75, wheel * draw.between(2.0, 2.7)
    nose = draw.between(0.65, 0.95) * belt
    f, r = long / 2, -long / 2
    hull = [
        (f, low),
        (f, nose),
        (f * 0.9, belt * 0.95),
        (f * 0.3, belt),
        (r * 0.95, belt * 1.03),
        (r, belt * 0.9),
        (r, low),
    ]
    body = model.add(_prism(hull, wide, draw.between(0.85, 1)), model.paint(1, 0.55))
    high = belt + draw.between(0.35, 0.6)
    start, lean = draw.between(0.3, 0.75) * f, draw.between(0.12, 0.35)
    end = r * draw.pick([0.92, 0.6, 0.15])
    cabin = [(start, belt - 0.02), (start - lean, high), (end + draw.between(0, 0.25), high), (end, belt - 0.02)]
    roof = model.add(_prism(cabin, wide * 0.94, draw.between(0.7, 0.92)), model.colours[draw.pick([0, 0, 1])])
    pane = high - belt
    for y in (-1, 1):
        for k in range(2):
            x0 = start - lean * 1.0 + (end - start + lean) * (0.04 + 0.5 * k)
            half = abs(end - start + lean) * 0.2
            model.decal(roof, "box", (x0 - half, y * wide * 0.5, belt + pane * 0.5), (half, 0.2, pane * 0.33), GLASS)
    model.decal(
        roof, "box", (start - lean * 0.45, 0, belt + pane * 0.52), (lean * 0.62, wide * 0.34, pane * 0.36), GLASS
    )
    model.decal(roof, "box", (end, 0, belt + pane * 0.5), (0.12, wide * 0.3, pane * 0.3), GLASS)
    for y in (-1, 1):
        model.add(ellipsoid((0.1, 0.2, 0.16), 8, 14), (0.85, 0.82, 0.6), (f - 0.02, y * wide * 0.36, nose * 0.82))
        model.decal(body, "box", (r, y * wide * 0.38, belt * 0.72), (0.05, 0.1, 0.07), RED)
    model.decal(body, "box", (f, 0, nose * 0.72), (0.05, wide * 0.2, 0.07), BLACK)
    model.add(box((0.1, wide * 0.98, 0.12), 0.3), draw.pick([STEEL, DARK]), (f + 0.01, 0, low + 0.07))
    if draw.chance(0.4):
        mark = draw.pick(LETTERS)
        for y, facing in ((1, "y"), (-1, "-y")):
            model.decal(body, "ellipsoid", (0, y * wide / 2, belt * 0.68), (0.2, 0.1, 0.17), WHITE)
            model.decal(body, mark, (0, y * wide / 2, belt * 0.68), (0.09, 0.1, 0.12), BLACK, facing)
    if draw.chance(0.3):
        model.add(
            box((0.15, wide * 0.5, 0.1), 0.3),
            draw.pick([YELLOW, RED, (0.02, 0.1, 0.6)]),
            ((start - lean + end) / 2, 0, high + 0.03),
        )
    elif draw.chance(0.35):
        model.add(box((0.6, wide * 0.6, 0.2), 0.15), model.paint(0.4), ((start - lean + end) / 2, 0, high + 0.1))
    _wheels(model, [(f * 0.62, wide * 0.46), (r * 0.62, wide * 0.46)], wheel, 0.18)


def lorry(model: Model) -> None:
    """A cab in front of a load: box, tank, tipper with rubble or a crane; or a bus."""
    draw = model.draw
    wide, wheel, long = draw.between(0.8, 1.0), draw.between(0.18, 0.26), draw.between(1.3, 2.2)
    tall = draw.between(0.75, 1.1)
    cab = model.add(
        _prism(
            [(0.6, wheel), (0.6, wheel + tall * 0.55), (0.45, wheel + tall), (0, wheel + tall), (0, wheel)], wide, 0.92
        ),
        model.paint(0.7, 0.7),
    )
    z = wheel + tall * 0.72
    model.decal(cab, "box", (0.55, 0, z), (0.12, wide * 0.4, tall * 0.17), GLASS)
    for y in (-1, 1):
        model.decal(cab, "box", (0.26, y * wide / 2, z), (0.16, 0.15, tall * 0.17), GLASS)
        model.add(ellipsoid((0.08, 0.15, 0.15), 8, 12), (0.85, 0.82, 0.6), (0.6, y * wide * 0.34, wheel + tall * 0.2))
    model.decal(cab, "box", (0.6, 0, wheel + tall * 0.28), (0.06, wide * 0.22, tall * 0.12), BLACK)
    model.add(box((long + 0.6, wide * 0.7, 0.12), 0.1), DARK, (0.25 - long / 2, 0, wheel + 0.06))
    kind, bed = draw.count(0, 3), wheel + 0.12
    x = -0.08 - long / 2
    if kind == 0:
        high = tall * draw.between(0.9, 1.5)
        load = model.add(box((long, wide * 1.05, high), 0.04), model.paint(1.2, 0.2), (x, 0, bed + high / 2))
        mark = draw.pick([*LETTERS, "ellipsoid"])
        for y, facing in ((1, "y"), (-1, "-y")):
            at = (x + draw.between(-0.2, 0.2), y * wide * 0.52, bed + high / 2)
            model.decal(load, mark, at, (0.26, 0.1, 0.32), model.colours[2], facing)
    elif kind == 1:
        tank = superquadric((long, wide, wide * 0.9), 0.9, 0.35)
        model.add(tank, model.paint(1.2, 0.3), (x, 0, bed + wide * 0.45))
        model.add(rod((x, 0, bed + wide * 0.8), (x, 0, bed + wide), 0.14), STEEL)
    elif kind == 2:
        model.add(box((long, wide, 0.08), 0.1), model.colours[1], (x, 0, bed))
        for y in (-1, 1):
            model.add(box((long, 0.06, 0.4), 0.1), model.colours[1], (x, y * wide / 2, bed + 0.2))
        model.add(box((0.06, wide, 0.5), 0.1), model.colours[1], (x + long / 2, 0, bed + 0.25))
        for p in draw.points(draw.count(8, 16), 1.0):
            size = draw.between(0.2, 0.42)
            at = np.clip(p, -1.2, 1.2) * (long * 0.26, wide * 0.24, 0.07) + (x, 0, bed + 0.25)
            model.add(
                superquadric((size, size, size), 0.7, 0.7, 8, 12),
                draw.pick([model.colours[2], (0.2, 0.13, 0.07)]),
                at,
                (("x", 40 * p[0]), ("z", 50 * p[1])),
            )
    else:
        model.add(rod((x, 0, bed), (x, 0, bed + 0.25), wide * 0.42), STEEL)
        tip = np.array([draw.between(-0.2, 1.0), draw.between(-0.3, 0.3), bed + draw.between(0.9, 1.6)])
        model.add(box((0.45, 0.5, 0.45), 0.1), model.colours[0], (x, 0.1, bed + 0.45))
        model.add(rod((x, 0, bed + 0.4), tip, 0.13, 0.07, 4), YELLOW)
        model.add(rod(tip, tip - (0, 0, 0.5), 0.015), BLACK)
        model.add(box((0.14, 0.14, 0.14), 0.2), RED, tip - (0, 0, 0.5))
    axles = [(0.32, wide * 0.45), (-0.25 * long, wide * 0.45), (-0.85 * long, wide * 0.45)]
    _wheels(model, axles, wheel, 0.17)


def locomotive(model: Model) -> None:
    """A steam engine: boiler, chimney and lamp in front, cab behind."""
    draw = model.draw
    long, fat, wheel = draw.between(0.9, 1.3), draw.between(0.24, 0.34), draw.between(0.16, 0.24)
    z = wheel * 1.6 + fat
    model.add(box((long + 0.8, fat * 1.8, 0.12), 0.1), model.colours[1], (0, 0, wheel * 1.4))
    boiler = lathe([(0.01, 0), (fat * 0.95, 0), (fat, 0.05), (fat, long), (0.01, long)], 32)
    front = (long + 0.8) / 2
    model.add(boiler, model.paint(0.8, 0.3), (front, 0, z), (("y", -90),))
    face = model.add(rod((front, 0, z), (front + 0.04, 0, z), fat * 0.8, None, 28), DARK)
    model.decal(face, "ellipsoid", (front + 0.04, 0, z), (0.1, fat * 0.45, fat * 0.45), draw.pick([YELLOW, RED, STEEL]))
    for x, size in ((front - 0.2, 1.0), (front - 0.6, 0.6)):
        top = z + fat + 0.35 * size
        pipe = [(0.07, z), (0.07 * size + 0.02, top), (0.14 * size, top + 0.08), (0.1 * size, top + 0.08), (0.01, top)]
        model.add(lathe(pipe, 20), draw.pick([DARK, model.colours[2]]), (x, 0, 0))
    high = draw.between(0.65, 0.85)
    cab = model.add(box((0.55, fat * 2.3, high), 0.05), model.paint(0.5, 0.6), (-front + 0.32, 0, z - fat + high / 2))
    for y in (-1, 1):
        model.decal(cab, "box", (-front + 0.32, y * fat * 1.15, z - fat + high * 0.68), (0.14, 0.1, 0.12), GLASS)
    model.add(box((0.75, fat * 2.7, 0.08), 0.3), model.colours[3], (-front + 0.32, 0, z - fat + high + 0.02))
    plough = [(front - 0.1, wheel * 1.4), (front + 0.2, 0.06), (front - 0.1, 0.06)]
    model.add(extrude(plough, fat * 1.7), RED)
    model.add(ellipsoid((0.14, 0.14, 0.14), 8, 14), YELLOW, (front + 0.06, 0, z + fat + 0.04))
    count = draw.count(2, 4)
    places = [(-front + 0.3 + (2 * front - 0.6) * k / (count - 1), fat * 0.85) for k in range(count)]
    _wheels(model, places, wheel, 0.1)


def _wheels(model: Model, places: list[tuple[float, float]], radius: float, thick: float) -> None:
    """Pairs of wheels at (x, half track) standing on z = 0."""
    hub = model.draw.pick([STEEL, WHITE, model.colours[1], YELLOW])
    tyre = [
        (0.01, -thick / 2),
        (radius * 0.9, -thick / 2),
        (radius, -thick / 3),
        (radius, thick / 3),
        (radius * 0.9, thick / 2),
        (0.01, thick / 2),
    ]
    for x, y in places:
        for side in (-1, 1):
            coat = model.add(lathe(tyre, 28), DARK, (x, side * y, radius), (("x", 90),))
            out = side * (y + thick / 2)
            model.decal(coat, "ellipsoid", (x, out, radius), (radius * 0.6, 0.1, radius * 0.6), hub)
            model.decal(coat, "box", (x, out, radius), (radius * 0.08, 0.1, radius * 0.45), DARK)
            model.decal(coat, "box", (x, out, radius), (radius * 0.45, 0.1, radius * 0.08), DARK)


def _prism(outline: ArrayLike, wide: float, top: float) -> Solid:
    """A side view (M, 2) made ``wide`` along y, narrower by the share ``top`` at its highest point."""
    polygon = np.asarray(outline, float)
    solid = extrude(polygon, wide, 0.06)
    z = solid.vertices[:, 2]
    low, high = z.min(), z.max()
    solid.vertices[:, 1] *= 1 - (1 - top) * (z - low) / (high - low)
    return solid
