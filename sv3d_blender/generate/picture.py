"""A picture that is open in Blender, as a file for the engine; the picture itself is never changed."""

from pathlib import Path

import bpy

from ...sv3d_engine.shared.errors import UserError
from .picture_copy import copy_file, copy_pixels
from .source import SUFFIXES


def can_be_source(image: bpy.types.Image | None) -> bool:
    """Whether an image is one still picture; render results and films are not, nor is an orbit."""
    return image is not None and image.source in {"FILE", "GENERATED"} and image.type != "RENDER_RESULT"


def title(image: bpy.types.Image) -> str:
    """What the artist calls this picture."""
    return Path(bpy.path.basename(image.filepath) or image.name).stem


def picture_file(image: bpy.types.Image, beside: Path) -> Path:
    """A file that holds what the image shows: its own if there is one, else a copy named ``beside`` with a suffix.

    A copy may still have to be made: see ``picture_copy``.  Raises UserError if it shows nothing.
    """
    own = Path(bpy.path.abspath(image.filepath, library=image.library))
    readable = own.suffix.lower() in SUFFIXES
    if not image.is_dirty and image.source == "FILE" and readable:
        if image.packed_file:
            # The packed bytes tell more than pixels would: the way up, the camera's profile.
            target = beside.with_suffix(own.suffix.lower())
            copy_file(image.packed_file.data, target)
            return target
        if own.is_file():
            return own.absolute()
    if not image.has_data and not all(image.size):  # size loads the file, where there is one
        raise UserError(
            f"The picture {image.name} cannot be read.", "Choose another picture, or open its file again.", str(own)
        )
    target = beside.with_suffix(".png")
    copy_pixels(image, target)
    return target
