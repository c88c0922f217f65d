"""The picture as SV3D wants it: the object alone, centred at a fixed share of a square frame."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..ground.progress import Progress
from ..shared.crop import Crop
from ..shared.errors import UserError
from .background import cut_out
from .read import Picture, read_picture

Array = NDArray[np.float32]

_LONGEST = 2048  # pixels a side that a picture is reduced to before anything else
_SEEN = 0.1  # alpha: fainter pixels do not belong to the object's box
_LEAST = 8  # pixels: nothing can be made of an object that is smaller
_SOFT = 4.0  # times enlarged, the object is a blur


@dataclass(frozen=True)
class PreparedPicture:
    """What prepare_picture hands on."""

    rgba: NDArray[np.uint8]  # (S, S, 4) sRGB, straight alpha; white where alpha is 0
    how: str  # the object was cut out by "alpha" (its own), "model" or "plain" (background)
    notes: tuple[str, ...]  # what the artist should know: sentences
    crop: Crop  # where in the whole picture the frame lies
    original: NDArray[np.uint8]  # (H, W, 4) the whole picture, reduced to 2048 a side; straight alpha
    model: str | None = None  # the background model that did it


def prepare_picture(
    path: Path, size: int, *, background_model: bool, download: bool, progress: Progress, share: float = 0.9
) -> PreparedPicture:
    """Read a picture, cut its object out and centre it in ``size``² pixels, the longer side ``share`` of them.

    ``background_model`` lets the object be cut out by the best that is here, ``download`` lets one be fetched.
    Nothing is squashed; a small object is enlarged.  Raises UserError for a file that is no picture, a picture without
    an object and a background that it cannot be told from; Cancelled through ``progress``.
    """
    assert size > 0 and 0 < share <= 1, (size, share)
    progress(0.0, f"Reading {path.name}")
    picture = read_picture(path, _LONGEST)
    cut = cut_out(picture, path.name, use_model=background_model, download=download, progress=progress.part(0.1, 0.9))
    progress(0.9, "Centring the object")
    first_row, last_row, first_column, last_column = _object_box(cut.alpha)
    height, width = last_row - first_row, last_column - first_column
    longest = max(height, width)
    if longest < _LEAST:
        raise UserError(
            f"The object in {path.name} is too small: {width} × {height} pixels.",
            f"Use a picture in which it is larger; {round(share * size)} pixels are best.",
        )
    notes = list(cut.notes)
    if share * size > _SOFT * longest:
        notes.append(
            f"The object is only {longest} pixels large in the picture, so the frames will be soft. "
            f"Use a picture in which it is larger; {round(share * size)} pixels are best."
        )
    side = longest / share  # of the square of the picture that becomes the frame
    left, top = (first_column + last_column - side) / 2, (first_row + last_row - side) / 2
    rgb, alpha = _resampled(cut.rgb, cut.alpha, left, top, side, size)
    crop, original = _in_full_size(picture, left, top, side), _whole(picture)
    return PreparedPicture(to_bytes(rgb, alpha), cut.how, tuple(notes), crop, original, cut.model)


def on_white(rgba: NDArray[np.uint8]) -> Array:  # (S, S, 4) -> (S, S, 3)
    """A prepared picture (straight alpha) laid on white, sRGB in [0, 1]: what the network sees."""
    values = rgba.astype(np.float32) / np.float32(255)
    return values[..., :3] * values[..., 3:] + (1 - values[..., 3:])


def to_bytes(rgb: Array, alpha: Array) -> NDArray[np.uint8]:  # (H, W, 3), (H, W) -> (H, W, 4)
    """Straight colour and alpha in [0, 1] as 8-bit RGBA, white where alpha is 0."""
    data = (np.concatenate([rgb, alpha[..., None]], -1) * 255 + 0.5).astype(np.uint8)
    data[data[..., 3] == 0, :3] = 255
    return data


def _in_full_size(picture: Picture, left: float, top: float, side: float) -> Crop:
    """A square of the picture as it was read, in the pixels that it had before it was reduced."""
    height, width = picture.rgb.shape[:2]
    full_width, full_height = picture.full or (width, height)
    across, down = full_width / width, full_height / height  # alike but for rounding
    scale = (across + down) / 2
    middle_x, middle_y = (left + side / 2) * across, (top + side / 2) * down
    return Crop(middle_x - side * scale / 2, middle_y - side * scale / 2, side * scale, full_width, full_height)


def _whole(picture: Picture) -> NDArray[np.uint8]:
    """The picture as it was read, its background with it."""
    alpha = np.ones(picture.rgb.shape[:2], np.float32) if picture.alpha is None else picture.alpha
    return to_bytes(picture.rgb, alpha)


def _object_box(alpha: Array) -> tuple[int, int, int, int]:
    """First and last row and column of the object (the last ones exclusive)."""
    seen = alpha > _SEEN
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _resampled(rgb: Array, alpha: Array, left: float, top: float, side: float, size: int) -> tuple[Array, Array]:
    """Straight colour and alpha of a square of the picture, (``size``, ``size``), empty where it leaves the picture.

    Colours are weighed by alpha (premultiplied) while they are averaged, so that nothing of the background comes in.
    Bicubic, as a wider kernel would ring outside the outline: a ghost of the object on white.
    """
    box = (left % 1, top % 1, left % 1 + side, top % 1 + side)
    window = [(math.floor(start), math.floor(start + side) + 1) for start in (top, left)]
    padding = [
        (max(0, -start), max(0, stop - length)) for (start, stop), length in zip(window, alpha.shape, strict=True)
    ]
    inside = tuple(slice(max(0, start), stop) for start, stop in window)

    def scaled(channel: Array) -> Array:
        image = Image.fromarray(np.pad(channel[inside], padding))
        return np.asarray(image.resize((size, size), Image.Resampling.BICUBIC, box))

    coverage = scaled(alpha)
    colours = np.stack([scaled(rgb[..., c] * alpha) for c in range(3)], -1) / np.maximum(coverage, 1e-6)[..., None]
    return np.clip(colours, 0, 1), np.clip(coverage, 0, 1)
