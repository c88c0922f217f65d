"""What is doubtful about an orbit's mattes, said once for all frames, before anything is made of them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...picture.background import CUT_OFF
from ...picture.cast_shadow import is_cast
from ...picture.doubtful_outline import FAINT_SHARE, faint_outline
from ...picture.ground_shadow import find_ground_shadow
from ...picture.matte import border, plain_paper

Image = NDArray[np.float32]

_PALE = 0.5  # of its outline faint, an object is pale all over, and its lower part is no shadow
_MOST = 0.5  # of the frames: what only a few show, the others contradict
BETTER = "frames with a transparent background, or masks beside them"


def doubts_about(rgb: Sequence[Image], alpha: Sequence[Image], from_paper: Sequence[bool]) -> tuple[str, ...]:
    """Sentences on frames (H, W, 3) and their mattes (H, W); ``from_paper`` are those cut from a plain background."""
    return tuple(filter(None, (*_about_outlines(rgb, alpha, from_paper), _about_borders(alpha))))


def _about_outlines(rgb: Sequence[Image], alpha: Sequence[Image], from_paper: Sequence[bool]) -> tuple[str, ...]:
    pairs = [(colours, matte) for colours, matte, own in zip(rgb, alpha, from_paper, strict=True) if own]
    shares = [faint_outline(colours, matte, plain_paper(colours)) for colours, matte in pairs]
    shadows = sum(find_ground_shadow(colours, matte) is not None or is_cast(colours, matte) for colours, matte in pairs)
    if shadows > _MOST * len(pairs) and np.median(shares) < _PALE:
        return (
            f"In {_of(shadows, len(rgb))} a shadow on the ground, or a flat base, seems to belong to the object: a "
            f"shadow becomes a disc under it. Use {BETTER}, or frames without the shadow.",
        )
    faint = [share for share in shares if share > FAINT_SHARE]
    if len(faint) <= _MOST * len(pairs):
        return ()
    return (
        f"In {_of(len(faint), len(rgb))} the object can hardly be told from its background along "
        f"{np.median(faint):.0%} of its outline, so parts of it may be lost. If the mesh looks wrong, use {BETTER}.",
    )


def _about_borders(alpha: Sequence[Image]) -> str:
    cut = sum(bool((matte[border(matte)] > 0.5).mean() > CUT_OFF) for matte in alpha)
    if not cut:
        return ""
    return (
        f"In {_of(cut, len(alpha))} the object reaches the picture's edge. What is cut off there will be missing or "
        "made up; use frames that show the whole object."
    )


def _of(count: int, whole: int) -> str:
    return f"all {whole} frames" if count == whole else f"{count} of {whole} frames"
