"""What an artist should know of a cut: what is in doubt, hardly seen on white, or a drawing of lines alone."""

import numpy as np
from numpy.typing import NDArray

from .doubtful_outline import faint_outline
from .line_art import enclosed_paper

Array = NDArray[np.float32]

_SOLID = 0.5  # alpha
_WHITE_STEP, _WHITE_SHARE = 0.03, 0.1  # from white, for so much of the outline, to be seen on it


def doubt_note(share: float, better: str) -> str:
    """What to say of a matte whose outline hardly differs from the paper: white on white, shadows."""
    return (
        f"Along {share:.0%} of its outline the object can hardly be told from its background: both are alike there, "
        f"or it casts a shadow. If the prepared picture looks wrong, use {better}."
    )


def white_note(rgb: Array, alpha: Array) -> tuple[str, ...]:
    """What to say of an object that is cut out well and yet will not be seen on SV3D's white."""
    share = faint_outline(rgb, alpha, np.ones_like(rgb), _WHITE_STEP)
    if share <= _WHITE_SHARE:
        return ()
    return (
        f"The object is white along {share:.0%} of its outline. SV3D sees it on white, so parts may be lost; "
        "a picture with more shading on them helps.",
    )


def drawing_note(rgb: Array, alpha: Array) -> tuple[str, ...]:
    """What to say of a line drawing of which nothing but the lines is there."""
    on_white = rgb * alpha[..., None] + 1 - alpha[..., None]
    if enclosed_paper(on_white, np.ones_like(rgb), alpha > _SOLID) is None:
        return ()
    return (
        "The picture is a line drawing, and what its lines enclose is transparent: there will be holes. Fill it with "
        "white or a colour, or put the drawing on white.",
    )
