"""Films of a turning heap of coloured balls."""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

Ball = tuple[tuple[float, float, float], float, str]  # middle, radius, colour

BALLS = (
    ((0.0, 0.0, -0.1), 0.22, "#705030"),
    ((0.32, 0.0, -0.15), 0.13, "#c03028"),
    ((-0.1, 0.24, 0.05), 0.15, "#2860b0"),
    ((-0.22, -0.25, -0.2), 0.10, "#309848"),
    ((0.05, -0.02, 0.26), 0.12, "#d8a020"),
    ((0.1, 0.3, -0.3), 0.09, "#802890"),
)
_DISTANCE, _FOCAL = 2.35, 0.5 / math.tan(math.radians(33.8 / 2))


# From behind much as from the front, but for a small one.
TWO_SIDED = (
    ((0.0, 0.34, -0.05), 0.14, "#705030"),
    ((0.0, -0.34, -0.05), 0.14, "#705030"),
    ((0.0, 0.0, -0.1), 0.2, "#2860b0"),
    ((0.0, 0.0, 0.3), 0.14, "#309848"),
    ((0.16, 0.05, -0.1), 0.06, "#c03028"),
)


def view(azimuth: float, size: int = 96, elevation: float = 10.0, balls: Sequence[Ball] = BALLS) -> Image.Image:
    """The balls from a camera at these degrees, on white."""
    image = Image.new("RGB", (3 * size, 3 * size), "white")
    draw = ImageDraw.Draw(image)
    a, e = math.radians(azimuth), math.radians(elevation)
    drawn = []
    for (x, y, z), radius, colour in balls:
        forward, side = x * math.cos(a) + y * math.sin(a), y * math.cos(a) - x * math.sin(a)
        depth = _DISTANCE - (forward * math.cos(e) + z * math.sin(e))
        drawn.append((depth, side, z * math.cos(e) - forward * math.sin(e), radius, colour))
    for depth, right, up, radius, colour in sorted(drawn, reverse=True):
        scale = 3 * size * _FOCAL / depth
        x, y, r = 1.5 * size + right * scale, 1.5 * size - up * scale, radius * scale
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    return image.resize((size, size), Image.Resampling.BOX)


def film(azimuths: Sequence[float], size: int = 96, balls: Sequence[Ball] = BALLS) -> list[Image.Image]:
    return [view(azimuth, size, balls=balls) for azimuth in azimuths]
