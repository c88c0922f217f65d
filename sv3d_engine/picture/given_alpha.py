"""An artist's alpha, checked before it is believed: the wrong way round, a mere rectangle, with a drop shadow."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..shared.errors import UserError
from .drop_shadow import without_drop_shadow
from .matte import border

Array = NDArray[np.float32]

FAINT = "The object was see-through all over, as a layer of less than full opacity; it was made opaque."
_SOLID = 0.5  # alpha
_SEEN = 0.02  # alpha: what is fainter is nothing
_CUT_OUT = 0.002  # of a picture has to be transparent before its alpha says where the object is
_FULL = 0.97  # alpha that something of an object reaches at the least
_PAGE = 0.9  # of a picture is opaque, up to all its sides, and …
_PAGE_EVEN, _PAGE_RIM = 8 / 255, 0.95  # … so near to one colour so much of its rim: a page with rounded corners, …
_ON_PAGE = (0.01, 0.9)  # … on which there is something else: a share of it
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


def at_full_strength(alpha: Array) -> tuple[Array, bool]:
    """The alpha, made so strong that something is opaque, and whether it was not: a layer saved at half its opacity."""
    seen = alpha[alpha > _SEEN]
    strongest = float(np.quantile(seen, 0.99)) if len(seen) else 1.0
    return (alpha, False) if strongest >= _FULL else ((alpha / strongest).clip(0, 1), True)


def without_opaque(rgb: Array, alpha: Array | None) -> tuple[Array, Array | None]:
    """The picture (H, W, 3) without an alpha (H, W) that does not say where the object is.

    Such a one hides next to nothing, one pixel at 254 or a little dust, or but the corners of a page of one colour.
    """
    if alpha is None:
        return rgb, None
    if float((alpha < _SOLID).mean()) < _CUT_OUT:
        return rgb * alpha[..., None] + 1 - alpha[..., None], None
    colour = _page_colour(rgb, alpha)
    if colour is None:
        return rgb, alpha
    return rgb * alpha[..., None] + colour * (1 - alpha[..., None]), None


def _page_colour(rgb: Array, alpha: Array) -> Array | None:  # (3,)
    """The one colour along the rim of an alpha's solid part, where that is a page with something on it."""
    solid = alpha >= _SOLID
    reached = [solid[0].any(), solid[-1].any(), solid[:, 0].any(), solid[:, -1].any()]
    if not all(reached) or solid.mean() < _PAGE:
        return None
    inner = ndimage.binary_erosion(solid, iterations=2)
    rim = inner & ~ndimage.binary_erosion(inner, iterations=max(2, min(alpha.shape) // 100))
    colour = np.median(rgb[rim], 0).astype(np.float32)
    distance = np.abs(rgb - colour).max(-1)
    if (distance[rim] <= _PAGE_EVEN).mean() < _PAGE_RIM:
        return None
    other = float((distance[inner] > 3 * _PAGE_EVEN).mean())
    return colour if _ON_PAGE[0] <= other <= _ON_PAGE[1] else None


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
