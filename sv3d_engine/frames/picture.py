"""One frame of an orbit: a picture that has to be square and of a fit size."""

from pathlib import Path

from ..errors import UserError
from ..picture.read import Picture, decoded, opened

MIN_SIDE = 64
MAX_SIDE = 8192


def read_frame(path: Path) -> Picture:
    """Read one square picture of 64² to 8192² pixels at its own size.  Raises UserError."""
    what = f"The frame {path.name}"
    with opened(path, what) as image:
        _check_size(image.size, what)
        return decoded(image, what)


def _check_size(size: tuple[int, int], what: str) -> None:
    width, height = size
    if max(size) > MAX_SIDE:
        raise UserError(
            f"{what} is too large: {width} × {height} pixels.",
            f"Scale the orbit down to at most {MAX_SIDE} × {MAX_SIDE} pixels.",
        )
    if width != height:
        raise UserError(
            f"{what} is not square: {width} × {height} pixels.",
            "Render or crop the orbit to square frames with the object in the middle.",
        )
    if width < MIN_SIDE:
        raise UserError(
            f"{what} is too small: {width} × {height} pixels.",
            f"Use frames of at least {MIN_SIDE} × {MIN_SIDE}; SV3D's own are 576 × 576.",
        )
