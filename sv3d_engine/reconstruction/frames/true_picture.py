"""The one true picture among frames that a model imagined: the last shows it, and gives way to it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...ground.files import reading
from ...picture.prepare import to_bytes
from .reading import shrink

_SAME = 0.8  # IoU of silhouettes from which the last frame shows the picture


@dataclass(frozen=True)
class TruePicture:
    """What with_picture hands on."""

    frames: NDArray[np.uint8]  # (N, S, S, 4) straight alpha
    taken: bool  # whether the last is the picture itself


def with_picture(frames: NDArray[np.uint8], picture: Path) -> TruePicture:
    """Frames (N, S, S, 4) of straight alpha whose last is ``picture``, a square RGBA file of its crop, if it shows it.

    A frame of another shape is left: what a model made of the picture there fits the other frames, the picture does
    not.  Nor is a picture taken that is smaller than the frames.  Raises UserError for a damaged file.
    """
    with reading(picture), Image.open(picture, formats=("PNG",)) as image:
        rgba = np.asarray(image.convert("RGBA"), np.float32) / np.float32(255)
    size = frames.shape[1]
    if min(rgba.shape[:2]) < size or rgba.shape[0] != rgba.shape[1]:
        return TruePicture(frames, False)
    rgb, alpha = shrink(rgba[..., :3], rgba[..., 3], size)
    assert alpha is not None
    shown, true = frames[-1, ..., 3] > 127, alpha > 0.5
    if (shown & true).sum() < _SAME * (shown | true).sum():
        return TruePicture(frames, False)
    return TruePicture(np.concatenate([frames[:-1], to_bytes(rgb, alpha)[None]]), True)
