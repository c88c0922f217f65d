"""Things with faces, piled up: snowmen and totems."""

# ruff: noqa: RUF005  (tuples are added to arrays as vectors)
import math

import numpy as np

from ..paint import LETTERS
from ..palette import BLACK, DARK, RED, WHITE
from .model import Model
from .primitives import box, ellipsoid, lathe, rod, superquadric, torus


def snowman(model: Model) -> None:
    """Balls one on the other: snowman, nesting doll or bear, with a nose, buttons and a scarf."""
    draw = model.draw
    size, z = draw.between(0.8, 1.1), 0.0
    base = draw.pick([WHITE, WHITE, model.colours[0]])
    paint = base if draw.chance(0.6) else model.paint(0.6, 0.1)
    count = draw.count(2, 3)
    for k in range(count):
        model.add(ellipsoid((size, size, size * 0.92)), paint, (0, 0, z))
        if k < count - 1:
            for j in range(draw.count(1, 3)):
                up = size * (0.28 - 0.18 * j)
                model.add(ellipsoid((0.09, 0.1, 0.1), 8, 10), DARK, (math.sqrt(max(size**2 / 4 - up**2, 0)), 0, z + up))
            z += size * 0.62
            size *= draw.between(0.62, 0.78)
    for y in (-1, 1):
        model.add(ellipsoid((0.08, 0.09, 0.1), 8, 10), BLACK, (size * 0.43, y * size * 0.2, z + size * 0.14))
    model.add(
        rod((size * 0.4, 0, z), (size * 0.5 + draw.between(0.15, 0.4), 0, z - 0.03), 0.07, 0.01), (0.8, 0.28, 0.02)
    )
    neck = z - size * 0.42
    scarf = model.paint(0.3, 0.1)
    model.add(torus(size * 0.44, 0.085).turned("x", 90), scarf, (0, 0, neck))
    model.add(box((0.08, 0.15, 0.45), 0.3), scarf, (size * 0.5, draw.pick([-0.15, 0.15]), neck - 0.2), (("y", -8),))
    if draw.chance(0.7):
        top = z + size * 0.4
        hat = [(0.01, 0), (size * 0.55, 0), (size * 0.55, 0.04), (size * 0.35, 0.05), (size * 0.32, 0.4), (0.01, 0.4)]
        model.add(lathe(hat, 26), model.paint(0.3, 0.6), (-0.03, 0, top), (("y", draw.between(-12, 5)),))
    else:
        for y in (-1, 1):
            model.add(
                ellipsoid((0.12, size * 0.35, size * 0.35)), model.colours[1], (0, y * size * 0.38, z + size * 0.42)
            )
    for side in (-1, 1):
        a = np.array([0, side * 0.35, z * 0.6])
        b = a + (draw.between(0, 0.25), side * draw.between(0.3, 0.5), draw.between(-0.1, 0.5))
        model.add(rod(a, b, 0.03, 0.02), (0.15, 0.07, 0.03))
        model.add(rod(a * 0.3 + b * 0.7, b + (0.1, 0, 0.12), 0.02, 0.012), (0.15, 0.07, 0.03))
    if draw.chance(0.35):
        model.add(rod((0.15, 0.62, -0.4), (0.15, 0.62, 1.0), 0.025), (0.4, 0.22, 0.09))
        model.add(rod((0.15, 0.62, 0.9), (0.15, 0.62, 1.25), 0.04, 0.16), (0.7, 0.5, 0.15))


def totem(model: Model) -> None:
    """Superquadrics piled up, each with a face or a sign on its front."""
    draw = model.draw
    z = 0.0
    for k in range(draw.count(2, 5)):
        size = np.array([draw.between(0.4, 0.8), draw.between(0.4, 0.9), draw.between(0.3, 0.6)])
        block = superquadric(size, draw.pick([0.15, 0.5, 1.0, 1.6]), draw.pick([0.15, 0.5, 1.0, 1.6]))
        shift = draw.between(-0.08, 0.08)
        coat = model.add(block, model.paint(0.5, 0.3), (shift, 0, z + size[2] / 2))
        middle, front = z + size[2] / 2, shift + size[0] / 2
        if k % 2 == 0 or draw.chance(0.5):
            for y in (-1, 1):
                at = (front, y * size[1] * 0.2, middle + size[2] * 0.12)
                model.decal(coat, "ellipsoid", at, (0.25, 0.1, 0.1), WHITE)
                model.decal(coat, "ellipsoid", at, (0.25, 0.05, 0.05), BLACK)
            model.decal(coat, "box", (front, 0, middle - size[2] * 0.25), (0.25, size[1] * 0.2, 0.035), RED)
            model.add(
                rod((front - 0.12, 0, middle), (front + draw.between(0.05, 0.25), 0, middle - 0.03), 0.08, 0.03),
                model.colours[k % 5],
            )
        else:
            model.decal(
                coat,
                draw.pick([*LETTERS, "ellipsoid", "box"]),
                (front, 0, middle),
                (0.25, size[1] * 0.22, size[2] * 0.3),
                model.colours[(k + 2) % 5],
            )
        if draw.chance(0.3):
            wide = draw.between(0.4, 0.8)
            for y in (-1, 1):
                model.add(
                    ellipsoid((0.1, wide, 0.2)),
                    model.colours[(k + 1) % 5],
                    (shift - 0.05, y * size[1] * 0.6, middle + 0.08),
                    (("x", y * 20),),
                )
        z += size[2] * 0.96
    if draw.chance(0.5):
        model.add(superquadric((0.3, 0.3, 0.5), 1, draw.pick([0.5, 1.8])), model.paint(0.3), (0, 0, z + 0.15))
