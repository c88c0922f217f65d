"""The object's shadow on the ground, taken off all frames of an orbit where most of them tell it from the object."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ...orbit.cameras import CameraOrbit
from ...picture.ground_shadow import find_ground_shadow, without_ground_shadow
from ...picture.matte import Cut, matted
from .hull import agreement
from .square import in_square

Image = NDArray[np.float32]

_MOST = 0.5  # of the frames from above have to show it, and to tell it from the object
_AGREE = 0.01  # by which the silhouettes may agree less without it: a part of the object would be missed by more


def without_shadows(
    rgb: Sequence[Image], alpha: Sequence[Image], cuts: Sequence[Cut | None], orbit: CameraOrbit | None
) -> list[Cut | None] | None:
    """The separations from paper without ground shadows; None where there are none, or they may be parts of the object.

    ``rgb`` are the frames as they were, ``alpha`` their mattes (H, W), ``cuts`` None for those that are not cut from
    paper.  Shadows that lie on the ground agree with each other from all sides, and so does what stands on it without
    them.
    """
    found = [
        None if cut is None else find_ground_shadow(picture, matte)
        for picture, matte, cut in zip(rgb, alpha, cuts, strict=True)
    ]
    above = [True] * len(cuts) if orbit is None else [view.elevation > 0 for view in orbit.views]
    on_ground = sum(cut is not None and high for cut, high in zip(cuts, above, strict=True))
    sure = sum(shadow is not None and shadow.is_sure and high for shadow, high in zip(found, above, strict=True))
    if not on_ground or sure <= _MOST * on_ground:
        return None
    clean = [
        cut if cut is None or shadow is None else without_ground_shadow(picture, cut, shadow.where)
        for picture, cut, shadow in zip(rgb, cuts, found, strict=True)
    ]
    if orbit is not None:
        left = [
            matte if cut is None else matted(picture, cut)[1]
            for picture, matte, cut in zip(rgb, alpha, clean, strict=True)
        ]
        if _fit(left, orbit) < _fit(alpha, orbit) - _AGREE:
            return None
    return clean


def _fit(alpha: Sequence[Image], orbit: CameraOrbit) -> float:
    return agreement(torch.from_numpy(np.stack([in_square(matte, 0) for matte in alpha])), orbit)
