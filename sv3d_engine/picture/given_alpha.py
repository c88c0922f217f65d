"""An artist's alpha, checked before it is believed: the wrong way round, a mere rectangle, with a drop shadow."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..shared.errors import UserError
from .drop_shadow import without_drop_shadow
from .matte import border

Array = NDArray[np.float32]

_SOLID = 0.5  # alpha
_CUT_OUT = 0.002  # of a picture has to be transparent before its alpha says where the object is
_FRAMED = 0.9  # of the border opaque, and nothing transparent at all reaching it, but …
_HOLE = 0.03  # … so much of the picture: it looks like an alpha the wrong way round
_ONE_COLOUR, _MOST = 0.05, 0.95  # so near to it is so much of what is of one colour, as an empty background is


@dataclass(frozen=True)
class GivenAlpha:
    """Straight colour and alpha to work with."""

    rgb: Array  # (H, W, 3)
    alpha: Array  # (H, W)
    notes: tuple[str, ...]
    turned: bool = False  # whether it was the wrong way round


def tells(alpha: Array | None) -> bool:
    """Whether an alpha says where the object is: one that hides next to nothing does not."""
    return alpha is not None and float((alpha < _SOLID).mean()) >= _CUT_OUT


def checked_alpha(rgb: Array, alpha: Array, name: str) -> GivenAlpha:
    """The alpha (H, W), turned round and without a drop shadow where it has to be; ``name`` is the picture's.

    Raises UserError where it is the wrong way round and the object's colours are lost.
    """
    notes: list[str] = []
    turned = False
    if looks_inverted(alpha):
        if _is_one_colour(rgb, alpha < _SOLID):
            if _is_one_colour(rgb, alpha >= _SOLID):
                raise UserError(
                    f"The transparency of {name} is the wrong way round: the background is opaque, and the object is "
                    "not there.",
                    "Invert the alpha where the picture was made, and save it again.",
                )
            notes.append(
                "The picture is opaque up to its edges and has a hole in the middle. If the object is what is "
                "transparent, its alpha is the wrong way round: invert it."
            )
        else:
            alpha, turned = 1 - alpha, True
            notes.append("The alpha was the wrong way round, the object transparent; it was inverted.")
    if clean := without_drop_shadow(rgb, alpha):
        rgb, alpha = clean
        notes.append("A shadow beside the object was part of the transparency; it was taken off.")
    return GivenAlpha(rgb, alpha, tuple(notes), turned)


def looks_inverted(alpha: Array) -> bool:
    """Whether an alpha is opaque all along the border and transparent inside."""
    clear = alpha < _SOLID
    if (alpha[border(alpha)] >= _SOLID).mean() < _FRAMED:
        return False
    return bool(clear.mean() >= _HOLE)


def _is_one_colour(rgb: Array, where: NDArray[np.bool_]) -> bool:
    """Whether all but the rims of a part of the picture are of one colour."""
    inner = ndimage.binary_erosion(where, iterations=3)
    values = rgb[inner if inner.any() else where]
    if not len(values):
        return True
    return bool((np.abs(values - np.median(values, 0)).max(-1) <= _ONE_COLOUR).mean() >= _MOST)
