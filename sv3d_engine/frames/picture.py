"""One picture file to sRGB with alpha, whatever the artist's program wrote."""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from ..errors import UserError

MIN_SIDE = 64
MAX_SIDE = 8192
# Told by content whatever the name ends in; no others, as Pillow would hand an EPS to Ghostscript.
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "TGA")
# All that Pillow's readers have been seen to raise for damaged files.
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)


@dataclass(frozen=True)
class Picture:
    """sRGB in [0, 1] and straight alpha, or None where the file has no transparency."""

    rgb: NDArray[np.float32]  # (S, S, 3)
    alpha: NDArray[np.float32] | None  # (S, S)


def read_picture(path: Path) -> Picture:
    """Read one square picture of 64² to 8192².  Raises UserError.

    Grey, palette, CMYK, 16-bit and rotated (EXIF) files are converted; an alpha channel that is opaque throughout
    counts as none.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", Image.DecompressionBombWarning
            )  # the size is checked below, before decoding
            with Image.open(path, formats=FORMATS) as image:
                _check_size(image.size, path)
                image.load()
                return _split(_as_rgba(ImageOps.exif_transpose(image), path))
    except FileNotFoundError:
        raise UserError(
            f"The frame {path.name} is missing from {path.parent}.", "Put it back, or check the folder."
        ) from None
    except Image.DecompressionBombError as error:
        raise _too_large(path, str(error)) from error
    except _DAMAGED as error:
        raise UserError(
            f"The frame {path.name} cannot be read.", "Save it again as an 8-bit PNG, or render it anew.", str(error)
        ) from error


def _check_size(size: tuple[int, int], path: Path) -> None:
    width, height = size
    if max(size) > MAX_SIDE:
        raise _too_large(path, f"{width} × {height}")
    if width != height:
        raise UserError(
            f"The frame {path.name} is not square: {width} × {height} pixels.",
            "Render or crop the orbit to square frames with the object in the middle.",
        )
    if width < MIN_SIDE:
        raise UserError(
            f"The frame {path.name} is too small: {width} × {height} pixels.",
            f"Use frames of at least {MIN_SIDE} × {MIN_SIDE}; SV3D's own are 576 × 576.",
        )


def _too_large(path: Path, details: str) -> UserError:
    return UserError(
        f"The frame {path.name} is too large.",
        f"Scale the orbit down to at most {MAX_SIDE} × {MAX_SIDE} pixels.",
        details,
    )


def _as_rgba(image: Image.Image, path: Path) -> Image.Image:
    """Any Pillow mode to 8-bit sRGB with alpha."""
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow would clip at 255 instead of scaling
        values = np.asarray(image).astype(np.int64)
        if values.min() < 0 or values.max() > 65535:
            raise _unsupported(path, "32-bit")
        return Image.fromarray(((values + 128) // 257).astype(np.uint8)).convert("RGBA")
    if image.mode == "F":
        raise _unsupported(path, "floating-point")
    return _to_srgb(image).convert("RGBA")


def _unsupported(path: Path, kind: str) -> UserError:
    return UserError(f"The frame {path.name} is a {kind} picture.", "Save it as an 8-bit or 16-bit PNG.")


def _to_srgb(image: Image.Image) -> Image.Image:
    """Apply an embedded colour profile, where it says anything but sRGB."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK"}:
        return image
    output = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return image
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=output)
    except (ImageCms.PyCMSError, OSError):
        return image  # a damaged profile is no reason to refuse the picture: programs show it without, too
    return converted if converted is not None else image


def _split(image: Image.Image) -> Picture:
    rgba = np.asarray(image, dtype=np.float32) / np.float32(255)
    alpha = rgba[..., 3]
    return Picture(rgba[..., :3].copy(), None if alpha.min() == 1 else alpha.copy())
