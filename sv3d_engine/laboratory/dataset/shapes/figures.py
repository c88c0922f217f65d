"""Robots and people."""

# ruff: noqa: RUF005  (tuples are added to arrays as vectors)
import math

import numpy as np

from ..paint import LETTERS, Colour
from ..palette import BLACK, DARK, RED, STEEL, WHITE, YELLOW
from .model import Model
from .primitives import Floats, box, capsule, ellipsoid, lathe, rod, smooth, superquadric, tube

_SKINS = ((0.65, 0.4, 0.28), (0.3, 0.15, 0.08), (0.5, 0.27, 0.15), (0.75, 0.52, 0.4), (0.12, 0.06, 0.035))


_HAIR = ((0.03, 0.02, 0.015), (0.2, 0.09, 0.03), (0.55, 0.35, 0.1), (0.4, 0.1, 0.03), (0.5, 0.5, 0.5))


def robot(model: Model) -> None:
    """A toy robot of blocks and pipes: screen or eyes, dials, claws, wheels or legs."""
    draw = model.draw
    wide, deep, high = draw.between(0.5, 0.85), draw.between(0.35, 0.6), draw.between(0.5, 0.8)
    shell = model.paint(0.6, 0.5)
    body = model.add(superquadric((deep, wide, high), draw.between(0.15, 1), draw.between(0.15, 0.6)), shell)
    x = deep / 2
    model.decal(body, "box", (x, 0, 0), (0.15, wide * 0.3, high * 0.22), draw.pick([WHITE, DARK, model.colours[2]]))
    for k in range(draw.count(1, 4)):
        at = (x, wide * (0.2 - 0.13 * k), high * draw.between(-0.12, 0.12))
        model.decal(
            body,
            draw.pick(["ellipsoid", "box", draw.pick(LETTERS)]),
            at,
            (0.2, 0.05, 0.06),
            draw.pick([RED, YELLOW, model.colours[3]]),
        )
    _robot_head(model, high)
    _robot_limbs(model, wide, deep, high)
    if draw.chance(0.5):
        model.add(box((0.2, wide * 0.6, high * 0.6), 0.15), model.paint(0.3, 0.2), (-deep / 2 - 0.05, 0, 0))


def _robot_head(model: Model, high: float) -> None:
    draw = model.draw
    size = np.array([draw.between(0.3, 0.5), draw.between(0.35, 0.7), draw.between(0.28, 0.45)])
    z = high / 2 + 0.08 + size[2] / 2
    model.add(rod((0, 0, 0), (0, 0, z), 0.1), DARK)
    head = model.add(superquadric(size, draw.between(0.15, 1), draw.between(0.15, 1)), model.paint(0.4, 0.7), (0, 0, z))
    front = size[0] / 2
    if draw.chance(0.35):
        eye = model.add(ellipsoid((0.2, 0.24, 0.24)), WHITE, (front, 0, z + 0.02))
        model.decal(eye, "ellipsoid", (front + 0.1, 0, z + 0.02), (0.07, 0.06, 0.06), BLACK)
    else:
        for y in (-1, 1):
            big = draw.between(0.1, 0.17)
            at = (front * 0.9, y * size[1] * 0.23, z + 0.04)
            eye = model.add(
                draw.pick([ellipsoid((big, big, big)), box((big, big, big), 0.2)]), draw.pick([WHITE, YELLOW]), at
            )
            model.decal(eye, "ellipsoid", (at[0] + big / 2, at[1], at[2]), (0.06, big * 0.25, big * 0.25), BLACK)
    model.decal(head, "box", (front, 0, z - size[2] * 0.27), (0.12, size[1] * 0.25, 0.03), draw.pick([BLACK, RED]))
    for _ in range(draw.count(0, 2)):
        y = draw.between(-0.3, 0.3) * size[1]
        top = (draw.between(-0.1, 0.05), y * 1.5, z + size[2] / 2 + draw.between(0.15, 0.35))
        model.add(rod((0, y, z), top, 0.02), STEEL)
        model.add(ellipsoid((0.1, 0.1, 0.1), 8, 12), RED, top)


def _robot_limbs(model: Model, wide: float, deep: float, high: float) -> None:
    draw = model.draw
    limb = model.paint(0.3, 0.4)
    for side in (-1, 1):
        shoulder = np.array([0, side * wide * 0.5, high * 0.25])
        hand = shoulder + (draw.between(0, 0.45), side * draw.between(0.1, 0.3), draw.between(-0.5, 0.35))
        elbow = (shoulder + hand) / 2 + (-0.08, side * 0.12, -0.05)
        model.add(tube(smooth([shoulder, elbow, hand], 12), 0.06, 10), limb)
        model.add(ellipsoid((0.16, 0.16, 0.16), 8, 14), model.colours[3], hand)
        for lift in (-1, 1):
            model.add(rod(hand, hand + (0.17, 0, lift * 0.09), 0.045, 0.02), DARK)
    if draw.chance(0.65):
        for side in (-1, 1):
            foot = np.array([0.05, side * wide * 0.27, -high / 2 - draw.between(0.25, 0.45)])
            model.add(rod((0, side * wide * 0.25, -high * 0.4), foot, 0.08), limb)
            model.add(box((0.36, 0.22, 0.14), 0.25), model.colours[1], foot + (0.05, 0, 0))
    else:
        for side in (-1, 1):
            model.add(superquadric((deep * 1.5, 0.16, 0.3), 0.4, 0.7), DARK, (0, side * wide * 0.42, -high * 0.55))
            for k in (-1, 0, 1):
                spot = (k * deep * 0.4, side * (wide * 0.42 + 0.09), -high * 0.55)
                model.add(ellipsoid((0.16, 0.04, 0.16), 8, 14), STEEL, spot)


def person(model: Model) -> None:
    """A person in clothes: hat or hair, a pose, perhaps something in the hand."""
    draw = model.draw
    skin = draw.pick(_SKINS)
    fat, leg, trunk = draw.between(0.13, 0.24), draw.between(0.4, 0.75), draw.between(0.45, 0.65)
    shirt, trousers = model.paint(0.4, 0.25), model.paint(0.4, 0.5)
    step = draw.between(-0.2, 0.2)
    shirt_coat = model.add(superquadric((fat * 1.5, fat * 2.3, trunk), 0.8, 0.5), shirt, (0, 0, leg + trunk / 2))
    for k in range(draw.count(0, 3)):
        model.decal(
            shirt_coat,
            "ellipsoid",
            (fat, 0, leg + trunk * (0.3 + 0.2 * k)),
            (0.15, 0.025, 0.025),
            draw.pick([WHITE, BLACK]),
        )
    if draw.chance(0.4):
        model.decal(shirt_coat, draw.pick(LETTERS), (fat, 0, leg + trunk * 0.55), (0.2, 0.09, 0.11), model.colours[4])
    if draw.chance(0.3):
        model.add(
            lathe(
                [(0.01, leg + 0.2), (fat, leg + 0.2), (fat * draw.between(1.6, 2.3), leg * 0.45), (0.01, leg * 0.5)], 24
            ),
            model.paint(0.4, 0.2),
        )
    shoe = draw.pick([BLACK, (0.2, 0.08, 0.03), model.colours[3]])
    for side in (-1, 1):
        foot = np.array([side * step, side * fat * 0.75, 0.06])
        model.add(capsule((0, side * fat * 0.6, leg + 0.03), foot, fat * 0.6, fat * 0.42), trousers)
        model.add(ellipsoid((0.32, 0.17, 0.14)), shoe, foot + (0.07, 0, -0.02))
    for side in (-1, 1):
        shoulder = np.array([0, side * fat * 1.05, leg + trunk * 0.86])
        lift = draw.between(-1.3, 1.2)
        hand = shoulder + np.array([draw.between(0, 0.35), side * (0.12 + 0.25 * math.cos(lift)), 0.5 * math.sin(lift)])
        elbow = (shoulder + hand) / 2 + (-0.07, side * 0.06, -0.03)
        model.add(capsule(shoulder, elbow, fat * 0.42, fat * 0.36), shirt)
        model.add(capsule(elbow, hand, fat * 0.33, fat * 0.26), skin)
        model.add(ellipsoid((0.12, 0.12, 0.12), 8, 14), skin, hand)
        if draw.chance(0.35):
            _held(model, hand)
    _person_head(model, leg + trunk, skin)
    if draw.chance(0.4):
        pack = superquadric((0.24, fat * 2, trunk * 0.75), 0.5, 0.6)
        model.add(pack, model.paint(0.3, 0.2), (-fat - 0.05, 0, leg + trunk * 0.55))


def _held(model: Model, hand: Floats) -> None:
    """A spade, a ball or a bag."""
    kind = model.draw.count(0, 2)
    if kind == 0:
        model.add(rod(hand - (0, 0, 0.35), hand + (0, 0, 0.6), 0.025), (0.4, 0.22, 0.09))
        model.add(ellipsoid((0.06, 0.3, 0.4)), STEEL, hand + (0, 0, 0.65))
    elif kind == 1:
        model.add(ellipsoid((0.27, 0.27, 0.27)), model.paint(0.2, 0.1), hand + (0.12, 0, -0.05))
    else:
        model.add(box((0.32, 0.1, 0.24), 0.1), model.colours[4], hand - (0, 0, 0.18))


def _person_head(model: Model, neck: float, skin: Colour) -> None:
    """Face, and hair or hat."""
    draw = model.draw
    big, hair = draw.between(0.3, 0.46), draw.pick(_HAIR)
    head = np.array([0.03, 0, neck + big * 0.5])
    face = model.add(ellipsoid((big, big * 0.9, big * 1.1)), skin, head)
    for side in (-1, 1):
        at = head + (big * 0.42, side * big * 0.19, big * 0.08)
        model.decal(face, "ellipsoid", at, (0.1, big * 0.11, big * 0.1), WHITE)
        model.decal(face, "ellipsoid", at, (0.1, big * 0.05, big * 0.07), BLACK)
    model.decal(face, "box", head + (big * 0.45, 0, -big * 0.25), (0.12, big * 0.16, big * 0.03), (0.4, 0.05, 0.04))
    model.add(ellipsoid((0.1, 0.07, 0.08), 8, 10), skin, head + (big * 0.5, 0, -big * 0.04))
    kind = draw.count(0, 3)
    if kind == 0:
        model.add(ellipsoid((big * 1.05, big * 1.05, big * 0.9)), hair, head + (-big * 0.13, 0, big * 0.22))
    elif kind == 1:
        brim = big * draw.between(0.6, 1.0)
        hat = [
            (0.01, 0.28 * big),
            (brim, 0.28 * big),
            (brim, 0.33 * big),
            (big * 0.5, 0.36 * big),
            (big * 0.4, big * draw.between(0.6, 1.2)),
            (0.01, big * 0.9),
        ]
        model.add(lathe(hat, 28), model.paint(0.3, 0.5), head)
    elif kind == 2:
        model.add(ellipsoid((big * 1.06, big * 1.0, big * 0.9)), model.colours[0], head + (-0.02, 0, big * 0.25))
        model.add(ellipsoid((big * 0.8, big * 0.75, 0.06)), model.colours[0], head + (big * 0.5, 0, big * 0.27))
    else:
        model.add(ellipsoid((big * 0.9, big * 1.1, big * 1.5)), hair, head + (-big * 0.25, 0, -big * 0.05))
