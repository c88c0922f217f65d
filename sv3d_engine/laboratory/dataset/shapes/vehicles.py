"""Aeroplanes, boats, rockets."""

# ruff: noqa: RUF005  (tuples are added to arrays as vectors)
import math

import numpy as np
from numpy.typing import ArrayLike

from ..paint import LETTERS
from ..palette import BLACK, DARK, GLASS, RED, STEEL, WHITE
from .model import Model
from .primitives import Solid, box, capsule, circle, ellipsoid, extrude, lathe, loft, rod, smooth


def plane(model: Model) -> None:
    """An aeroplane: propeller or jet, high or low wings, tail."""
    draw = model.draw
    long, fat = draw.between(1.6, 2.4), draw.between(0.14, 0.26)
    x = np.linspace(-1, 1, 15)
    radius = fat * np.clip(1 - np.abs(x - 0.15) ** draw.between(2, 4), 0.0, 1) ** 0.6
    radius = np.maximum(radius * np.where(x < 0.15, 0.25 + 0.75 * (x + 1) / 1.15, 1), 0.03)
    ring = circle(24)
    lift = 0.3 * fat * np.clip(-x, 0, 1)
    rings = np.stack(
        [
            np.stack([np.full(24, a * long / 2), r * ring[:, 0], r * ring[:, 1] + h], -1)
            for a, r, h in zip(x, radius, lift, strict=True)
        ]
    )
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
        chords = (chord, chord * draw.between(0.4, 0.9))
        left, right = (_wing((0.28, 0, z), (0.28 - sweep, y * span, z + lifted), chords, 0.07) for y in (1, -1))
        coat = model.add(left, paint)
        model.again(right, coat)
        model.decal(
            coat,
            draw.pick(["ellipsoid", "box"]),
            (0.1 - sweep / 2, span * 0.7, z),
            (0.14, 0.14, 0.5),
            draw.pick([RED, model.colours[2]]),
        )
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
        for y in (-1, 1):
            model.add(rod((0.2, y * 0.2, -fat * 0.6), (0.25, y * 0.3, -fat - 0.22), 0.02), STEEL)
            model.add(rod((0.25, y * 0.27, -fat - 0.22), (0.25, y * 0.33, -fat - 0.22), 0.1), BLACK)
    else:
        for y in (-1, 1):
            hung = (0.1 - sweep * 0.4, y * span * 0.42, height - 0.06)
            pod = lathe([(0.02, -0.22), (0.06, -0.2), (0.1, 0.1), (0.09, 0.17), (0.02, 0.12)], 18)
            model.add(pod, STEEL, hung, (("y", 90),))


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
        section = np.stack([np.full(13, (s - 0.5) * long), y, z], -1)
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
        for a, b, paint in (
            ((0.07, 0.2), (-0.75, 0.25), model.paint(0.8, 0.3)),
            ((0.13, 0.25), (long * 0.47, 0.12), draw.pick([WHITE, model.colours[1]])),
        ):
            peak = (a[0], high * (0.97 if b[0] < 0 else 0.85))
            outline = np.array([a, *(np.linspace(a, b, 8)[1:-1]), b, *np.linspace(b, peak, 8)[1:-1], peak])
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
