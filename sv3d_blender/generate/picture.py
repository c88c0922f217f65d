"""A picture that is open in Blender, as a file for the engine; the picture itself is never changed."""

from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from ...sv3d_engine.shared.errors import UserError
from .source import SUFFIXES


def can_be_source(image: bpy.types.Image | None) -> bool:
    """Whether an image is one still picture; render results and films are not, nor is an orbit."""
    return image is not None and image.source in {"FILE", "GENERATED"} and image.type != "RENDER_RESULT"


def title(image: bpy.types.Image) -> str:
    """What the artist calls this picture."""
    return Path(bpy.path.basename(image.filepath) or image.name).stem


def picture_file(image: bpy.types.Image, beside: Path) -> Path:
    """A file that holds what the image shows: its own if there is one, else a copy named ``beside`` with a suffix.

    Raises UserError if it shows nothing, OSError if the copy cannot be written.
    """
    own = Path(bpy.path.abspath(image.filepath, library=image.library))
    readable = own.suffix.lower() in SUFFIXES
    if not image.is_dirty and image.source == "FILE" and readable:
        if image.packed_file:
            # The packed bytes tell more than pixels would: the way up, the camera's profile.
            return _write(beside.with_suffix(own.suffix.lower()), image.packed_file.data)
        if own.is_file():
            return own.absolute()
    if not image.has_data and not all(image.size):  # size loads the file, where there is one
        raise UserError(
            f"The picture {image.name} cannot be read.", "Choose another picture, or open its file again.", str(own)
        )
    return _save_pixels(image, beside.with_suffix(".png"))


def _write(target: Path, content: bytes) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return target


def _save_pixels(image: bpy.types.Image, target: Path) -> Path:
    """The pixels as a PNG, by way of a second image: Image.save changes the one it is called on, and Image.copy
    leaves out what was painted.
    """
    width, height = image.size
    pixels = np.empty((height, width, 4), np.float32)
    image.pixels.foreach_get(pixels.ravel())
    if image.is_float:
        pixels = straight_srgb(pixels, linear=not image.colorspace_settings.is_data)
    target.parent.mkdir(parents=True, exist_ok=True)
    copy = bpy.data.images.new(target.stem, width, height, alpha=True)
    try:
        copy.pixels.foreach_set(pixels.ravel())
        copy.file_format = "PNG"
        copy.filepath_raw = str(target)
        copy.save()
    except RuntimeError as error:  # Blender's word for whatever kept it from writing
        raise OSError(str(error)) from error
    finally:
        bpy.data.images.remove(copy)
    return target


def straight_srgb(pixels: NDArray[np.float32], *, linear: bool) -> NDArray[np.float32]:  # (H, W, 4) → (H, W, 4)
    """A float image's premultiplied colours as a PNG wants them; Blender itself would encode before it divides."""
    alpha = pixels[..., 3:].clip(0.0, 1.0)
    colour = (pixels[..., :3] / np.maximum(alpha, 1e-6)).clip(0.0, 1.0)
    if linear:
        colour = np.where(colour <= 0.0031308, 12.92 * colour, 1.055 * colour ** (1 / 2.4) - 0.055)
    return np.concatenate([np.where(alpha > 0.0, colour, 1.0), alpha], -1, dtype=np.float32)
