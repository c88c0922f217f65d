"""A picture to look at: what was given, the true frames, and under them those that were made."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from .nvs_orbits import KnownOrbit

_SHOWN = range(1, 20, 3)  # frames: seven, from just beside the front to just beside it again
_MARGIN, _LINE = 8, 20  # pixels
_PAPER, _INK = (225, 225, 225), (40, 40, 40)


@dataclass(frozen=True)
class Pair:
    """An orbit and what was made of its last frame."""

    title: str
    orbit: KnownOrbit
    made: NDArray[np.uint8]  # (21, S, S, 3)


def sheet(pairs: Sequence[Pair]) -> Image.Image:
    """Two rows for each orbit: true frames above, made ones below; at the left the picture that was given."""
    size = pairs[0].made.shape[1]
    width = _MARGIN + (1 + len(_SHOWN)) * size + 2 * _MARGIN
    height = 2 * _LINE + 2 * size + _MARGIN
    paper = Image.new("RGB", (width, height * len(pairs) + _MARGIN), _PAPER)
    draw = ImageDraw.Draw(paper)
    font = ImageFont.load_default(13)
    for number, pair in enumerate(pairs):
        top = number * height + 2 * _LINE + _MARGIN
        draw.text((_MARGIN, top - 6 - _LINE), f"{pair.orbit.name}, {pair.title}", _INK, font, anchor="ls")
        paper.paste(Image.fromarray(pair.orbit.frames[-1]), (_MARGIN, top))
        draw.text((_MARGIN, top - 6), "given", _INK, font, anchor="ls")
        for row, frames in enumerate((pair.orbit.frames, pair.made)):
            strip = np.concatenate([frames[i] for i in _SHOWN], 1)
            paper.paste(Image.fromarray(strip), (2 * _MARGIN + size, top + row * size))
        for column, i in enumerate(_SHOWN):
            pose = pair.orbit.poses[i]
            x = 2 * _MARGIN + (1 + column) * size
            if size >= 96:  # else there is no room for it
                draw.text((x + 2, top - 6), f"{pose.azimuth:.0f}°, {pose.elevation:+.0f}°", _INK, font, anchor="ls")
    return paper
