"""Cars, aeroplanes, boats, rockets, locomotives."""

import math

import numpy as np
from numpy.typing import ArrayLike

from ..glyphs import LETTERS
from ..palette import BLACK, DARK, GLASS, RED, STEEL, WHITE, YELLOW
from .model import Model
from .primitives import Solid, box, capsule, circle, ellipsoid, extrude, lathe, loft, rod, smooth, superquadric


def _wheels(model: Model, places: list[tuple[float, float]], radius: float, thick: float) -> None:
    """Pairs of wheels at (x, half track) standing on z = 0."""
    hub = model.draw.pick([STEEL, WHITE, model.colours[1], YELLOW])
    tyre = [(0.01, -thick / 2), (radius * 0.9, -thick / 2), (radius, -thick / 3), (radius, thick / 3),
            (radius * 0.9, thick / 2), (0.01, thick / 2)]  # fmt: skip
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


def car(model: Model) -> None:
    """A saloon, estate, van or pick-up: bonnet in front, windows, lamps, number plate."""
    draw = model.draw
    long, wide = draw.between(1.8, 2.5), draw.between(0.85, 1.1)
    wheel = draw.between(0.2, 0.3)
    low, belt = wheel * 0.75, wheel * draw.between(2.0, 2.7)
    nose = draw.between(0.65, 0.95) * belt
    f, r = long / 2, -long / 2
    hull = [(f, low), (f, nose), (f * 0.9, belt * 0.95), (f * 0.3, belt), (r * 0.95, belt * 1.03), (r, belt * 0.9),
            (r, low)]  # fmt: skip
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
    model.decal(roof, "box", (start - lean * 0.45, 0, belt + pane * 0.52), (lean * 0.62, wide * 0.34, pane * 0.36), GLASS)
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
        model.add(box((0.15, wide * 0.5, 0.1), 0.3), draw.pick([YELLOW, RED, (0.02, 0.1, 0.6)]),
                  ((start - lean + end) / 2, 0, high + 0.03))  # fmt: skip
    elif draw.chance(0.35):
        model.add(box((0.6, wide * 0.6, 0.2), 0.15), model.paint(0.4), ((start - lean + end) / 2, 0, high + 0.1))
    _wheels(model, [(f * 0.62, wide * 0.46), (r * 0.62, wide * 0.46)], wheel, 0.18)


def lorry(model: Model) -> None:
    """A cab in front of a load: box, tank, tipper with rubble or a crane; or a bus."""
    draw = model.draw
    wide, wheel, long = draw.between(0.8, 1.0), draw.between(0.18, 0.26), draw.between(1.3, 2.2)
    tall = draw.between(0.75, 1.1)
    cab = model.add(_prism([(0.6, wheel), (0.6, wheel + tall * 0.55), (0.45, wheel + tall), (0, wheel + tall),
                            (0, wheel)], wide, 0.92), model.paint(0.7, 0.7))  # fmt: skip
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
            model.add(superquadric((size, size, size), 0.7, 0.7, 8, 12), draw.pick([model.colours[2], (0.2, 0.13, 0.07)]),
                      at, (("x", 40 * p[0]), ("z", 50 * p[1])))  # fmt: skip
    else:
        model.add(rod((x, 0, bed), (x, 0, bed + 0.25), wide * 0.42), STEEL)
        tip = np.array([draw.between(-0.2, 1.0), draw.between(-0.3, 0.3), bed + draw.between(0.9, 1.6)])
        model.add(box((0.45, 0.5, 0.45), 0.1), model.colours[0], (x, 0.1, bed + 0.45))
        model.add(rod((x, 0, bed + 0.4), tip, 0.13, 0.07, 4), YELLOW)
        model.add(rod(tip, tip - (0, 0, 0.5), 0.015), BLACK)
        model.add(box((0.14, 0.14, 0.14), 0.2), RED, tip - (0, 0, 0.5))
    axles = [(0.32, wide * 0.45), (-0.25 * long, wide * 0.45), (-0.85 * long, wide * 0.45)]
    _wheels(model, axles, wheel, 0.17)


def _wing(root: ArrayLike, tip: ArrayLike, chords: tuple[float, float], thick: float, upright: bool = False) -> Solid:
    """A wing from leading-edge root to tip; chords run backwards."""
    ring = circle(16)
    rings = []
    for place, chord in zip((root, tip), chords, strict=True):
        x = (ring[:, 0] - 1) / 2 * chord
        side = ring[:, 1] * thick * chord * (0.6 + 0.4 * ring[:, 0])
        zero = np.zeros(16)
        rings.append(np.asarray(place, float) + np.stack([x, side, zero] if upright else [x, zero, side], -1))
    return loft(rings)


def plane(model: Model) -> None:
    """An aeroplane: propeller or jet, high or low wings, tail."""
    draw = model.draw
    long, fat = draw.between(1.6, 2.4), draw.between(0.14, 0.26)
    x = np.linspace(-1, 1, 15)
    radius = fat * np.clip(1 - np.abs(x - 0.15) ** draw.between(2, 4), 0.0, 1) ** 0.6
    radius = np.maximum(radius * np.where(x < 0.15, 0.25 + 0.75 * (x + 1) / 1.15, 1), 0.03)
    ring = circle(24)
    lift = 0.3 * fat * np.clip(-x, 0, 1)
    rings = np.stack([np.stack([np.full(24, a * long / 2), r * ring[:, 0], r * ring[:, 1] + h], -1)
                      for a, r, h in zip(x, radius, lift, strict=True)])  # fmt: skip
    hull = model.add(loft(rings), model.paint(0.8, 0.4))
    model.decal(hull, "ellipsoid", (long * 0.24, 0, fat * 0.9), (long * 0.1, fat * 0.8, fat * 0.6), GLASS)
    for k in range(draw.pick([0, 5, 7])):
        for y in (-1, 1):
            at = (long * (0.12 - 0.06 * k), y * fat, 0.05)
            model.decal(hull, draw.pick(["box", "ellipsoid"]), at, (0.022, 0.09, 0.04), GLASS)
    span, sweep = draw.between(0.7, 1.15), draw.between(0, 0.6)
    height = draw.pick([-0.4, -0.3, 0.75]) * fat
    paint, chord = model.paint(0.7, 0.4), draw.between(0.35, 0.6)
    planes = [height, 0.4 + height] if draw.chance(0.2) else [height]
    lifted = draw.between(-0.02, 0.2)
    for z in planes:
        coat = -1
        for y in (-1, 1):
            root, tip = (0.28, 0, z), (0.28 - sweep, y * span, z + lifted)
            wing = _wing(root, tip, (chord, chord * draw.between(0.4, 0.9)), 0.07)
            coat = coat if coat < 0 else coat
            coat = model.add(wing, paint) if y < 0 else coat
            if y > 0:
                model.again(wing, coat)
        model.decal(coat, draw.pick(["ellipsoid", "box"]), (0.1 - sweep / 2, span * 0.7, z), (0.14, 0.14, 0.5),
                    draw.pick([RED, model.colours[2]]))  # fmt: skip
    back, tail = -long / 2 + 0.28, model.paint(0.3, 0.5)
    fin = draw.between(0.3, 0.5)
    model.add(_wing((back, 0, 0), (back - 0.18, 0, fin + 0.1), (0.34, 0.2), 0.08, True), tail)
    for y in (-1, 1):
        model.add(_wing((back, 0, 0.05), (back - 0.12, y * 0.38, 0.08), (0.28, 0.18), 0.07), tail)
    if draw.chance(0.5):
        nose = long / 2
        model.add(ellipsoid((0.18, 0.12, 0.12)), model.colours[3], (nose, 0, 0))
        spin = draw.between(0, 180)
        for turn in (0, 90) if draw.chance(0.5) else (0, 60, 120):
            model.add(box((0.03, 0.08, 0.75), 0.3), DARK, (nose + 0.04, 0, 0), (("x", turn + spin),))
        for y in (-0.2, 0.2):
            model.add(rod((0.2, y, -fat * 0.6), (0.25, y * 1.5, -fat - 0.22), 0.02), STEEL)
            model.add(rod((0.25, y * 1.5 - 0.03, -fat - 0.22), (0.25, y * 1.5 + 0.03, -fat - 0.22), 0.1), BLACK)
    else:
        for y in (-1, 1):
            at = np.array([0.1 - sweep * 0.4, y * span * 0.42, height - 0.06])
            pod = lathe([(0.02, -0.22), (0.06, -0.2), (0.1, 0.1), (0.09, 0.17), (0.02, 0.12)], 18)
            model.add(pod, STEEL, at, (("y", 90),))


def boat(model: Model) -> None:
    """A hull pointed in front with cabin and funnel, or a mast and sails."""
    draw = model.draw
    long, wide, deep = draw.between(1.6, 2.2), draw.between(0.55, 0.85), draw.between(0.3, 0.5)
    t = np.linspace(0, 1, 14)
    half = wide / 2 * np.clip(1 - np.maximum((t - 0.45) / 0.55, 0) ** 2, 0.02, 1) * (0.8 + 0.2 * np.minimum(t / 0.4, 1))
    rings = []
    turn = np.linspace(math.pi, 2 * math.pi, 13)
    for s, w in zip(t, half, strict=True):
        rise = 0.28 * max(s - 0.4, 0) ** 2 / 0.36 + 0.05 * (1 - s)
        y = w * np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.7
        z = deep * np.sin(turn) * (1 - 0.35 * s**3) + rise * (1 + np.sin(turn))
        section = np.stack([np.full(13, (s - 0.5) * long + 0.12 * s * 0), y, z], -1)
        deck = np.stack([np.full(5, (s - 0.5) * long), np.linspace(w * 0.9, -w * 0.9, 5), np.full(5, rise - 0.05)], -1)
        rings.append(np.concatenate([section, deck]))
    hull = model.add(loft(np.stack(rings)), model.paint(0.6, 0.4))
    model.decal(hull, "box", (0, 0, -0.72 * deep), (2, 2, deep * 0.3), model.colours[2])
    model.decal(hull, "box", (0, 0, 0.02), (long * 0.44, wide * 0.44, 0.06), (0.45, 0.27, 0.12))
    if draw.chance(0.5):
        x = draw.between(-0.45, -0.1)
        size = (draw.between(0.4, 0.7), wide * 0.6, draw.between(0.3, 0.45))
        cabin = model.add(box(size, 0.1), draw.pick([WHITE, model.colours[1]]), (x, 0, size[2] / 2))
        for side in (-1, 1):
            for k in (-1, 1):
                at = (x + k * size[0] * 0.22, side * size[1] / 2, size[2] * 0.6)
                model.decal(cabin, draw.pick(["box", "ellipsoid"]), at, (0.08, 0.05, 0.08), GLASS)
        model.decal(cabin, "box", (x + size[0] / 2, 0, size[2] * 0.65), (0.05, size[1] * 0.4, 0.08), GLASS)
        top = np.array([x - 0.08, 0, size[2]])
        pipe = model.add(rod(top, top + (-0.04, 0, 0.5), 0.11), model.colours[3])
        model.decal(pipe, "box", top + (0, 0, 0.36), (0.5, 0.5, 0.07), WHITE)
        model.add(rod((long * 0.3, 0, 0), (long * 0.3, 0, 0.6), 0.02), DARK)
        if draw.chance(0.5):
            model.add(box((0.4, 0.3, 0.22), 0.05), model.paint(0.3), (long * 0.22, 0, 0.12))
    else:
        high = draw.between(1.3, 1.9)
        model.add(rod((0.1, 0, 0), (0.1, 0, high), 0.03), (0.4, 0.22, 0.09))
        belly = draw.between(0.05, 0.2) * draw.pick([-1, 1])
        for a, b, paint in (((0.07, 0.2), (-0.75, 0.25), model.paint(0.8, 0.3)),
                            ((0.13, 0.25), (long * 0.47, 0.12), draw.pick([WHITE, model.colours[1]]))):  # fmt: skip
            top = (a[0], high * (0.97 if b[0] < 0 else 0.85))
            outline = np.array([a, *(np.linspace(a, b, 8)[1:-1]), b, *np.linspace(b, top, 8)[1:-1], top])
            sail = extrude(outline, 0.02)
            share = (sail.vertices[:, 0] - a[0]) / (b[0] - a[0])
            sail.vertices[:, 1] += belly * np.sin(math.pi * np.clip(share, 0, 1))
            model.add(sail, paint)
        model.add(rod((0.1, 0, 0.2), (-0.75, 0, 0.25), 0.025), (0.4, 0.22, 0.09))
        if draw.chance(0.5):
            model.add(box((0.24, 0.02, 0.16), 0.1), RED, (-0.03, 0, high + 0.02))
    if draw.chance(0.4):
        model.add(capsule((-0.6, wide * 0.4, 0.1), (0.2, wide * 0.75, -0.25), 0.025), (0.45, 0.27, 0.12))


def rocket(model: Model) -> None:
    """A rocket with fins, a porthole and a hatch on its front."""
    draw = model.draw
    high, fat = draw.between(1.5, 2.3), draw.between(0.25, 0.42)
    knots = [(fat * 0.6, 0), (fat, high * 0.3), (fat * 0.9, high * 0.65), (fat * 0.45, high * 0.88), (0.02, high)]
    curve = smooth(knots, 30)
    curve[:, 0] = np.maximum(curve[:, 0], 0.015)
    body = model.add(lathe([(0.01, 0), *curve], 36), model.paint(0.8, 0.3))
    model.decal(body, "box", (0, 0, high), (1, 1, high * draw.between(0.18, 0.3)), model.colours[1])
    z = high * draw.between(0.5, 0.62)
    model.decal(body, "ellipsoid", (fat, 0, z), (0.25, fat * 0.55, fat * 0.55), STEEL)
    model.decal(body, "ellipsoid", (fat, 0, z), (0.25, fat * 0.4, fat * 0.4), GLASS)
    model.decal(body, draw.pick(LETTERS), (fat, 0, high * 0.3), (0.2, fat * 0.3, fat * 0.42), model.colours[3])
    count, start, paint = draw.count(3, 4), draw.pick([0, 45, 60]), model.paint(0.4, 0.6)
    reach, drop = draw.between(0.35, 0.6), draw.between(0, 0.3)
    outline = [(fat * 0.6, 0.05), (fat + reach, -drop), (fat + reach, 0.15 - drop * 0.3), (fat * 0.8, high * 0.4)]
    for k in range(count):
        model.add(extrude(outline, 0.07), paint, turn=(("z", start + 360 * k / count),))
    model.add(lathe([(0.01, 0.05), (fat * 0.4, 0), (fat * 0.6, -0.15), (fat * 0.5, -0.15), (0.01, -0.02)], 24), STEEL)
    if draw.chance(0.4):
        model.add(lathe([(0.01, -0.1), (fat * 0.4, -0.2), (0.02, -0.65)], 18), (0.85, 0.35, 0.02))
    if draw.chance(0.35):
        for y in (-1, 1):
            at = (-0.05, y * (fat + 0.1), 0)
            model.add(lathe([(0.01, 0), (0.1, 0), (0.1, high * 0.4), (0.02, high * 0.5)], 18), model.colours[2], at)


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
