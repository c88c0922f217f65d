"""A picture that is open in Blender, as a file for the engine; the picture itself is never changed."""

from pathlib import Path

import bpy
import numpy as np

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.errors import UserError
from .pixel_file import PixelWriter
from .source import SUFFIXES


def can_be_source(image: bpy.types.Image | None) -> bool:
    """Whether an image is one still picture; render results and films are not, nor is an orbit."""
    return image is not None and image.source in {"FILE", "GENERATED"} and image.type != "RENDER_RESULT"


def title(image: bpy.types.Image) -> str:
    """What the artist calls this picture."""
    return Path(bpy.path.basename(image.filepath) or image.name).stem


def picture_file(image: bpy.types.Image, beside: Path) -> Path:
    """A file that holds what the image shows: its own if there is one, else a copy named ``beside`` with a suffix.

    A copy may still be being written: see ``is_written``.
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
    """The pixels as a PNG, written in a thread: see ``is_written``.

    Image.save would change the image it is called on, and take seconds for a large one; Image.copy leaves out what was
    painted.
    """
    width, height = image.size
    pixels = np.empty((height, width, 4), np.float32)
    image.pixels.foreach_get(pixels.ravel())
    light = not image.colorspace_settings.is_data if image.is_float else None
    _writers[str(target)] = writer = PixelWriter(target, pixels, light)
    writer.start()
    return target


_writers: dict[str, PixelWriter] = {}  # by the file each writes


def is_written(request: protocol.Job) -> bool:
    """Whether the picture of a job is there, as far as that depends on us.  Raises OSError if it could not be."""
    writer = _writers.get(getattr(request, "picture", ""))
    if writer is None:
        return True
    if writer.is_alive():
        return False
    del _writers[str(writer.target)]
    if writer.error:
        raise writer.error
    return True
