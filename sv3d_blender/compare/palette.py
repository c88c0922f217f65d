"""Colours for values: ways through Oklab in even steps, so that equal differences look equal.

Lightness rises all along each of them, so that they are read without red and green, too, and in print.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

_STEPS = 256
# Oklab (Björn Ottosson, 2020): linear sRGB → cone responses, whose cube roots → lightness and two opponent axes.
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def to_linear(srgb: Floats) -> Floats:
    """sRGB's curve undone; values in [0, 1]."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((np.maximum(srgb, 0.0) + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: Floats) -> Floats:
    """sRGB's curve; what is brighter than white is white."""
    light = np.clip(linear, 0.0, 1.0)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def oklab(srgb: Floats) -> Floats:  # (…, 3) → (…, 3)
    """Lightness in [0, 1] and the two opponent axes, green to red and blue to yellow."""
    return np.cbrt(to_linear(srgb) @ _TO_CONES.T) @ _TO_LAB.T


def _from_oklab(lab: Floats) -> Floats:  # (…, 3) → (…, 3) sRGB
    return to_srgb((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_CONES).T)


class Palette:
    """A way through colours, from that of 0 to that of 1."""

    def __init__(self, *stops: tuple[float, float, float]) -> None:
        way = oklab(np.array(stops))
        far = np.concatenate([[0.0], np.linalg.norm(np.diff(way, axis=0), axis=1).cumsum()])
        even = np.linspace(0.0, far[-1], _STEPS)
        lab = np.stack([np.interp(even, far, axis) for axis in way.T], 1)
        self.colours = _from_oklab(lab).astype(np.float32)  # (256, 3) sRGB

    def __call__(self, values: Floats) -> NDArray[np.float32]:  # (…) in [0, 1] → (…, 4) sRGB, opaque
        """The colour of each value; what lies outside has the colour of the end."""
        colours = self.colours[(np.clip(values, 0.0, 1.0) * (_STEPS - 1) + 0.5).astype(np.intp)]
        return np.concatenate([colours, np.ones_like(colours[..., :1])], -1)


# From hardly seen to well seen.
CONFIDENCE = Palette((0.27, 0.0, 0.33), (0.13, 0.57, 0.55), (0.99, 0.91, 0.14))
# From alike to wholly other.
HEAT = Palette((0.06, 0.04, 0.19), (0.42, 0.11, 0.46), (0.86, 0.29, 0.33), (0.98, 0.62, 0.30), (0.99, 0.97, 0.78))
