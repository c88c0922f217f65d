"""Four-legged animals and birds, looking ahead."""

# ruff: noqa: RUF005  (tuples are added to arrays as vectors)
import math

import numpy as np

from ..paint import Colour, Paint
from ..palette import BLACK, DARK, WHITE, patterned
from .model import Model, eyes
from .primitives import Floats, capsule, ellipsoid, joined, rod, smooth, tube

_FUR = (
    (0.35, 0.18, 0.07),
    (0.6, 0.42, 0.22),
    (0.12, 0.07, 0.04),
    (0.3, 0.29, 0.28),
    (0.75, 0.7, 0.62),
    (0.6, 0.27, 0.06),
    (0.03, 0.03, 0.03),
)


YELLOW_BREAST: Colour = (0.75, 0.45, 0.08)


def quadruped(model: Model) -> None:
    """Dog, cat, cow, giraffe, elephant and what lies between."""
    draw = model.draw
    long, fat, leg = draw.between(0.8, 1.3), draw.between(0.2, 0.38), draw.between(0.3, 0.9)
    thin = draw.between(0.055, 0.12)
    z = leg + fat
    coat = _coat(model, 0.6)
    x = np.linspace(-long / 2, long / 2, 12)
    belly = (
        fat * (1 - 0.25 * np.abs(np.linspace(-1, 1, 12)) ** 3) * (1 + draw.between(-0.15, 0.2) * np.linspace(-1, 1, 12))
    )
    body = joined(
        [
            tube(np.stack([x, 0 * x, np.full(12, z)], -1), belly, 20),
            ellipsoid(np.array([0.9, 2, 2]) * belly[0] * 0.98).moved((-long / 2, 0, z)),
            ellipsoid(np.array([0.9, 2, 2]) * belly[-1] * 0.98).moved((long / 2, 0, z)),
        ]
    )
    skin = model.add(body, coat)
    stride = draw.between(0, 0.18)
    sock = draw.pick([DARK, WHITE, model.colours[1]]) if draw.chance(0.6) else None
    for sx, sy, phase in ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)):
        hip = np.array([sx * long * 0.42, sy * fat * 0.6, z - fat * 0.3])
        foot = np.array([hip[0] + phase * stride, hip[1], thin])
        model.again(capsule(hip, foot, thin * 1.7, thin), skin)
        if sock:
            model.add(ellipsoid((thin * 3.2, thin * 2.5, thin * 2.2), 8, 14), sock, foot + (thin * 0.4, 0, 0))
    reach, rise = draw.between(0.15, 0.4), draw.pick([draw.between(0.15, 0.4), draw.between(0.5, 1.2)])
    start, head = np.array([long * 0.45, 0, z + fat * 0.2]), np.array([long * 0.5 + reach, 0, z + fat * 0.3 + rise])
    model.again(capsule(start, head, fat * 0.7, draw.between(0.1, 0.16)), skin)
    _head(model, head, coat)
    _tail_and_dress(model, skin, (long, fat, z), start, head)


def _head(model: Model, head: Floats, coat: Paint) -> None:
    """A head with trunk and tusks, or with a snout and pricked ears, drop ears or horns."""
    draw = model.draw
    big = draw.between(0.17, 0.28)
    face = model.add(ellipsoid((big * 2.2, big * 1.8, big * 1.9)), coat, head)
    kind = draw.count(0, 3)
    muzzle = head + (big * 1.0, 0, -big * 0.3)
    if kind == 0:  # a trunk
        path = smooth([muzzle, muzzle + (0.25, 0, -0.2), muzzle + (0.3, 0, -0.6), muzzle + (0.5, 0, -0.7)], 14)
        model.again(tube(path, np.linspace(big * 0.5, 0.05, 14), 12), face)
        for y in (-1, 1):
            model.again(ellipsoid((0.08, 0.5, 0.6)).turned("z", y * 25).moved(head + (-0.1, y * 0.33, 0)), face)
            tusk = smooth(
                [muzzle + (0, y * 0.12, -0.05), muzzle + (0.25, y * 0.15, -0.25), muzzle + (0.42, y * 0.15, -0.15)], 8
            )
            model.add(tube(tusk, np.linspace(0.045, 0.012, 8), 8), (0.8, 0.75, 0.6))
    else:
        length = big * draw.between(0.5, 1.6)
        snout = draw.pick([WHITE, model.colours[1], (0.6, 0.42, 0.22), (0.65, 0.3, 0.28)])
        end = muzzle + (length, 0, -big * 0.15)
        model.add(capsule(muzzle - (big * 0.5, 0, 0), end, big * 0.6, big * 0.45), snout)
        model.add(ellipsoid((0.1, 0.14, 0.09), 8, 12), BLACK, end + (big * 0.42, 0, big * 0.15))
        for y in (-1, 1):
            ear = head + (-big * 0.3, y * big * 0.75, big * 0.75)
            if kind == 1:
                model.add(rod(ear, ear + (0, y * 0.06, draw.between(0.15, 0.4)), big * 0.4, 0.01), coat)
            elif kind == 2:
                model.add(ellipsoid((0.1, 0.16, 0.38)), model.colours[1], ear + (0, y * 0.08, -0.16), (("x", y * 14),))
            else:
                horn = smooth([ear, ear + (0, y * 0.2, 0.08), ear + (0.05, y * 0.24, 0.3)], 8)
                model.add(tube(horn, np.linspace(0.055, 0.012, 8), 8), (0.75, 0.68, 0.5))
                model.add(ellipsoid((0.06, 0.2, 0.1)), coat, ear + (0, y * 0.12, -0.14))
    eyes(model, head + (big * 0.75, 0, big * 0.35), big * 0.5, draw.between(0.09, 0.14))


def _tail_and_dress(model: Model, skin: int, size: tuple[float, float, float], start: Floats, head: Floats) -> None:
    """Tail, saddle cloth or mane, collar, for a body of length, half width and height ``size``."""
    draw = model.draw
    long, fat, z = size
    coat = model.coats[skin].paint
    swing = draw.between(-0.3, 0.3)
    back = np.array([-long / 2 - fat * 0.3, 0, z + fat * 0.4])
    path = smooth(
        [back, back + (-0.25, swing * 0.5, draw.between(-0.2, 0.3)), back + (-0.3, swing, draw.between(-0.5, 0.6))], 10
    )
    model.add(tube(path, np.linspace(0.06, draw.between(0.02, 0.09), 10), 10), coat)
    if draw.chance(0.3):  # a saddle cloth
        model.decal(skin, "box", (0, 0, z + fat * 0.6), (long * 0.2, 1, fat * 0.9), model.colours[2])
    elif draw.chance(0.4):  # a mane
        for t in np.linspace(0, 1, 6):
            model.add(ellipsoid((0.2, 0.1, 0.2), 8, 10), DARK, start + t * (head - start) + (-0.14, 0, 0.08 + 0.1 * t))
    if draw.chance(0.4):
        mid = start * 0.4 + head * 0.6
        model.add(
            capsule(mid - (0.05, 0.12, 0), mid + (0.0, 0.12, 0.02), 0.13, 0.13),
            draw.pick([(0.6, 0.03, 0.03), model.colours[3]]),
        )


def _coat(model: Model, size: float) -> Paint:
    draw = model.draw
    if draw.chance(0.35):
        return model.paint(size, 0.2)
    first, second = draw.pick(_FUR), draw.pick([*_FUR, WHITE])
    return patterned(
        draw,
        draw.pick(["plain", "blotches", "blotches", "stripes", "dots", "gradient"]),
        (first, second, draw.pick(_FUR)),
        size * draw.between(0.25, 0.5),
    )


def bird(model: Model) -> None:
    """Hen, owl, parrot, penguin, duck: standing, wings folded or spread."""
    draw = model.draw
    long, fat, lean = draw.between(0.7, 1.1), draw.between(0.5, 0.75), draw.between(5, 70)
    coat = model.paint(0.7, 0.3)
    turn = (("y", -lean),)
    body = model.add(ellipsoid((long, fat, fat * 1.05)), coat, (0, 0, 0), turn)
    c, s = math.cos(math.radians(lean)), math.sin(math.radians(lean))
    breast = np.array([c, 0, s]) * long * 0.35
    model.decal(
        body,
        "ellipsoid",
        breast + (0.2, 0, -0.1),
        (0.4, fat * 0.32, 0.42),
        draw.pick([WHITE, model.colours[2], YELLOW_BREAST]),
    )
    big = draw.between(0.3, 0.45)
    head = breast + (draw.between(0.05, 0.2), 0, draw.between(0.2, 0.55))
    model.add(capsule(breast, head, big * 0.42, big * 0.35), coat)
    model.add(ellipsoid((big, big, big)), model.colours[draw.pick([0, 1, 2])], head)
    beak, drop = draw.between(0.12, 0.35), draw.between(-0.1, 0.05)
    bill = draw.pick([(0.8, 0.4, 0.02), (0.75, 0.55, 0.1), DARK, (0.6, 0.05, 0.02)])
    if draw.chance(0.3):
        model.add(ellipsoid((beak * 1.4, 0.22, 0.07)), bill, head + (big * 0.5 + beak * 0.4, 0, -0.04))
    else:
        model.add(rod(head + (big * 0.35, 0, 0), head + (big * 0.5 + beak, 0, drop), 0.1, 0.01), bill)
    eyes(model, head + (big * 0.3, 0, big * 0.16), big * 0.3, big * draw.between(0.2, 0.4))
    feather = model.paint(0.4, 0.25)
    spread = draw.chance(0.4)
    for y in (-1, 1):
        if spread:
            wing = ellipsoid((long * 0.5, 0.9, 0.07)).turned("x", y * draw.between(5, 40))
            model.add(wing.moved((0, y * (fat * 0.35 + 0.4), 0.1 + draw.between(0.05, 0.25))), feather)
        else:
            model.add(
                ellipsoid((long * 0.75, 0.12, fat * 0.7)), feather, (-0.05, y * fat * 0.47, 0), (*turn, ("z", y * 6))
            )
    tail = -np.array([c, 0, s]) * long * 0.45
    for k in range(-1, 2):
        tip = tail + (-draw.between(0.25, 0.5), k * 0.14, draw.between(-0.1, 0.4))
        model.add(
            ellipsoid((0.6, 0.14, 0.05)),
            model.colours[(k + 3) % 5],
            (tail + tip) / 2,
            (("y", draw.between(-10, 35)), ("z", -k * 14)),
        )
    if draw.chance(0.5):
        for k in range(3):
            model.add(ellipsoid((0.13, 0.05, 0.16), 8, 10), (0.6, 0.03, 0.02), head + (0.08 - 0.1 * k, 0, big * 0.52))
    drop = fat * 0.5 + draw.between(0.05, 0.3)
    for side in (-1, 1):
        leg = side * 0.13
        model.add(rod((0, leg, -fat * 0.3), (0.02, leg, -drop), 0.035), bill)
        for k in (-1, 0, 1):
            model.add(capsule((0.02, leg, -drop), (0.2, leg + 0.07 * k, -drop - 0.02), 0.03), bill)
