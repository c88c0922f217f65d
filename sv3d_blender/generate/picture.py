"""A picture that is open in Blender, as a file for the engine; the picture itself is never changed."""

from pathlib import Path

import bpy
import numpy as np

from ...sv3d_engine.errors import UserError
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
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    target.parent.mkdir(parents=True, exist_ok=True)
    copy = bpy.data.images.new(target.stem, width, height, alpha=True, float_buffer=image.is_float)
    try:
        copy.colorspace_settings.name = image.colorspace_settings.name
        copy.alpha_mode = image.alpha_mode
        copy.pixels.foreach_set(pixels)
        copy.file_format = "PNG"
        copy.filepath_raw = str(target)
        copy.save()
    except RuntimeError as error:  # Blender's word for whatever kept it from writing
        raise OSError(str(error)) from error
    finally:
        bpy.data.images.remove(copy)
    return target
