"""The alpha of an orbit's frames: their own, or a matte from the plain background they stand on."""

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..picture.matte import NotPlain, matte
from ..picture.prepare import to_bytes
from ..progress import Progress

Image = NDArray[np.float32]


def matte_orbit(
    rgb: list[Image], alpha: list[Image | None], names: list[str], progress: Progress
) -> NDArray[np.uint8]:  # (N, S, S, 4) straight alpha, white where it is 0
    """Give every frame (S, S, 3) an alpha (S, S): its own, or a matte from its plain background.  Raises UserError."""
    frames = []
    for i, (colours, coverage, name) in enumerate(zip(rgb, alpha, names, strict=True)):
        progress(i / len(rgb), f"Matting {name}")
        frame = _from_paper(colours, name) if coverage is None else (colours, coverage)
        if not (frame[1] > 0.5).any():
            raise UserError(f"The frame {name} is empty.", "Render it again, with the object in the middle.")
        frames.append(to_bytes(*frame))
    return np.stack(frames)


def _from_paper(rgb: Image, name: str) -> tuple[Image, Image]:
    try:
        return matte(rgb)
    except NotPlain:
        raise UserError(
            f"The background of {name} is not plain, so the object cannot be told from it.",
            "Use frames with a transparent or a plain white background.",
        ) from None
