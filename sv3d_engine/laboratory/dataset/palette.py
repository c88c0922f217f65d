"""Random choices of one object: numbers, colours that go together, and paints made of them."""

import colorsys
import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from .paint import PATTERNS, Colour, Paint

Choice = TypeVar("Choice")


class Draw:
    """Says aloud what a seed decides."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator = generator

    def between(self, low: float, high: float) -> float:
        """A real number, uniform."""
        return float(self.generator.uniform(low, high))

    def count(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return int(self.generator.integers(low, high + 1))

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return bool(self.generator.random() < probability)

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """One of them, all alike probable."""
        return choices[int(self.generator.integers(len(choices)))]

    def points(self, count: int, spread: float) -> np.ndarray:  # (count, 3)
        """Normally distributed vectors."""
        return self.generator.normal(0, spread, (count, 3))


BLACK, DARK, WHITE = (0.015, 0.015, 0.018), (0.06, 0.06, 0.065), (0.8, 0.8, 0.78)
GLASS, STEEL, RED, YELLOW = (0.04, 0.09, 0.14), (0.35, 0.36, 0.38), (0.55, 0.03, 0.02), (0.8, 0.5, 0.03)
_WOODS = ((0.42, 0.22, 0.09), (0.22, 0.09, 0.04), (0.6, 0.38, 0.18), (0.10, 0.05, 0.03), (0.5, 0.3, 0.16))


def linear(hue: float, saturation: float, value: float) -> Colour:
    """Linear light of a colour in HSV, hue in turns."""
    r, g, b = colorsys.hsv_to_rgb(hue % 1, min(max(saturation, 0.0), 1.0), min(max(value, 0.16), 0.93))
    return (r**2.2, g**2.2, b**2.2)


def palette(draw: Draw) -> tuple[Colour, ...]:
    """Five colours of one scheme, the first the main one, with contrast of lightness between neighbours."""
    hue = draw.between(0, 1)
    steps = draw.pick(
        [
            (0, 0.5, 0.04, 0.55, 0.96),
            (0, 0.33, 0.66, 0.1, 0.5),
            (0, 0.08, -0.08, 0.5, 0.16),
            (0, 0.45, 0.55, 0.02, 0.25),
            (0, 0.12, 0.6, 0.3, 0.8),
        ]
    )
    saturation, value = draw.pick(
        [(0.9, 0.85), (0.75, 0.7), (0.55, 0.5), (0.35, 0.85), (0.8, 0.5), (0.12, 0.65), (0.95, 0.9)]
    )
    lightness = draw.pick([(1, 0.35, 1.1, 0.6, 1.2), (0.5, 1.15, 0.8, 0.3, 1.1), (1.1, 1.0, 0.3, 0.9, 0.5)])
    colours = [
        linear(hue + s + draw.between(-0.02, 0.02), saturation * draw.between(0.75, 1.15), value * light)
        for s, light in zip(steps, lightness, strict=True)
    ]
    for i in range(1, 5):
        if draw.chance(0.18):
            colours[i] = draw.pick([WHITE, BLACK, DARK, (0.6, 0.52, 0.38)])
    return tuple(colours)


def _direction(draw: Draw) -> Colour:
    if draw.chance(0.6):
        return draw.pick([(0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)])
    v = draw.points(1, 1.0)[0]
    x, y, z = v / np.linalg.norm(v)
    return (float(x), float(y), float(z))


def _waves(draw: Draw) -> tuple[tuple[float, float, float, float], ...]:
    waves = []
    for k in range(4):
        v = draw.points(1, 1.0)[0]
        x, y, z = v / np.linalg.norm(v) * 2 * math.pi * (0.5 + 0.28 * k)
        waves.append((float(x), float(y), float(z), draw.between(0, 2 * math.pi)))
    return tuple(waves)


def patterned(draw: Draw, pattern: str, colours: tuple[Colour, Colour, Colour], period: float) -> Paint:
    """A paint of a wanted pattern, with random direction and share."""
    return Paint(pattern, colours, period, _direction(draw), draw.between(0.3, 0.7), _waves(draw))


def wooden(draw: Draw, size: float) -> Paint:
    """Grain in one of a few woods, for a part about ``size`` large."""
    r, g, b = draw.pick(_WOODS)
    dark = (r * 0.55, g * 0.5, b * 0.5)
    return Paint(
        "wood", ((r, g, b), (r * 0.9, g * 0.88, b * 0.85), dark), size * draw.between(0.1, 0.25), waves=_waves(draw)
    )


def random_paint(draw: Draw, colours: tuple[Colour, ...], size: float, plain: float = 0.35) -> Paint:
    """Some paint for a part about ``size`` large, plain with the given probability."""
    first = draw.pick(colours)
    others = [c for c in colours if c != first] or [WHITE]
    chosen = (first, draw.pick(others), draw.pick(others))
    pattern = "plain" if draw.chance(plain) else draw.pick(PATTERNS)
    if pattern == "wood":
        return wooden(draw, size)
    return patterned(draw, pattern, chosen, size * draw.between(0.14, 0.42))
