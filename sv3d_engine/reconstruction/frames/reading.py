"""Which files of a folder are the orbit, in which order, and each as a square picture of a fit size."""

import re
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...orbit.orbit_files import check_count
from ...picture.read import Picture, decoded, opened
from ...shared.errors import UserError

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".tga"})


def orbit_files(folder: Path) -> list[Path]:
    """The orbit's pictures in natural order (2 before 10).  Raises UserError.

    If the folder holds other pictures beside one numbered sequence (the input picture, a contact sheet), the sequence
    alone is meant.
    """
    pictures = [p for p in list_folder(folder) if p.suffix.lower() in PICTURE_SUFFIXES and not p.name.startswith(".")]
    sequences: defaultdict[tuple[str, str], list[Path]] = defaultdict(list)
    for picture in pictures:
        if match := re.fullmatch(r"(.*?)\d+", picture.stem):
            sequences[match[1], picture.suffix.lower()].append(picture)
    longest = max(sequences.values(), key=len, default=[])
    chosen = longest if 2 * len(longest) > len(pictures) else pictures
    check_count(len(chosen), f"The folder {folder} holds")
    return sorted(chosen, key=natural_key)


def natural_key(path: Path) -> list[tuple[bool, int, str]]:
    """Sort key under which frame2 comes before frame10."""
    parts = re.split(r"(\d+)", path.name)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part.casefold()) for part in parts]


def list_folder(folder: Path) -> list[Path]:
    """The files of a folder.  Raises UserError if there is no such folder or it may not be read."""
    try:
        return [p for p in folder.iterdir() if p.is_file()]
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"There is no folder {folder}.", "Choose the folder that holds the orbit's frames.") from None
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be read.", "Check that you may open it.", str(error)) from error


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


def shrink(
    rgb: NDArray[np.float32], alpha: NDArray[np.float32] | None, max_size: int
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Scale an (S, S) picture to at most ``max_size`` by area averages of premultiplied colour."""
    size = len(rgb)
    if size <= max_size:
        return rgb, alpha
    if alpha is None:
        return np.stack([_average(rgb[..., c], max_size) for c in range(3)], -1), None
    small_alpha = _average(alpha, max_size)
    premultiplied = np.stack([_average(rgb[..., c] * alpha, max_size) for c in range(3)], -1)
    colours = premultiplied / np.maximum(small_alpha, 1e-6)[..., None]
    return np.where(small_alpha[..., None] > 0, colours, 1).astype(np.float32), small_alpha


def _average(channel: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    image = Image.fromarray(np.ascontiguousarray(channel, dtype=np.float32))
    return np.asarray(image.resize((size, size), Image.Resampling.BOX)).clip(0, 1)
