"""A frame as an image of its own, which can be painted on; the frame's file stays as it is."""

from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from ...sv3d_engine.shared.errors import UserError
from ..generate.pixel_file import straight_srgb
from ..result.frame_changes import frames_of
from ..result.orbit_path import NO_CAMERAS, OrbitPath, read_orbit_path

_GONE = "Find the results folder again, or import the result anew from the tab's History."


def job_of(orbit: bpy.types.Image) -> Path:
    """The job folder that an orbit's frames are in."""
    return Path(bpy.path.abspath(orbit.filepath, library=orbit.library)).parent.parent


def path_of(orbit: bpy.types.Image) -> OrbitPath:
    """The orbit's cameras and the names of its frames.  Raises UserError if its folder is gone."""
    cameras = job_of(orbit) / "cameras.json"
    try:
        return read_orbit_path(cameras)
    except (OSError, *NO_CAMERAS) as error:
        raise UserError("The orbit's folder is gone or damaged.", _GONE, f"{cameras}: {error!r}") from error


def frame_file(orbit: bpy.types.Image, index: int) -> Path:
    """A frame's own file.  Raises UserError if it is not there."""
    files = path_of(orbit).files
    file = job_of(orbit) / "frames" / files[min(index, len(files) - 1)]
    if not file.is_file():
        raise UserError(f"The frame {file.name} is gone.", _GONE, str(file))
    return file


def pixels_now(orbit: bpy.types.Image, index: int) -> NDArray[np.float32]:  # (S, S, 4) sRGB, straight, lowest row first
    """What a frame shows: as it was edited or replaced, else as it came.  Raises UserError."""
    frames = orbit.sv3d_orbit.frames
    edited = frames[index].image if index < len(frames) else None
    if edited is None or not all(edited.size):
        return _pixels(frame_file(orbit, index))
    return edited_pixels(edited)


def edited_pixels(image: bpy.types.Image) -> NDArray[np.float32]:  # (H, W, 4) sRGB, straight, lowest row first
    """A frame's own image as it is now."""
    width, height = image.size
    pixels = np.empty((height, width, 4), np.float32)
    image.pixels.foreach_get(pixels.ravel())
    return pixels


def paintable(orbit: bpy.types.Image, index: int) -> bpy.types.Image:
    """The frame's own image, made from its file if need be.  Raises UserError."""
    frame = frames_of(orbit)[index]
    if frame.image is None:
        frame.image = _packed(_pixels(frame_file(orbit, index)), _name(orbit, index))
    return frame.image


def replace(orbit: bpy.types.Image, index: int, file: Path) -> bpy.types.Image:
    """Let another picture be this frame, scaled to the size of the others.  Raises UserError."""
    size = len(_pixels(frame_file(orbit, index)))
    image = _packed(_pixels(file, size), _name(orbit, index))
    frames_of(orbit)[index].image = image
    return image


def _name(orbit: bpy.types.Image, index: int) -> str:
    return f"{orbit.name} {index + 1}"


def _pixels(file: Path, size: int = 0) -> NDArray[np.float32]:  # (S, S, 4) sRGB, straight, lowest row first
    """What a square picture shows, scaled to ``size`` if that is given.  Raises UserError."""
    try:
        loaded = bpy.data.images.load(str(file))
    except RuntimeError as error:
        raise UserError(f"Blender cannot open {file.name}.", "Choose another picture.", str(error)) from error
    try:
        width, height = loaded.size
        if not width:
            raise UserError(f"Blender cannot read {file.name}.", "Choose another picture.", str(file))
        if width != height:
            raise UserError(
                f"{file.name} is not square: {width} × {height} pixels.",
                "Crop it so that the object is as large and in the same place as in the frame.",
            )
        if size and size != width:
            loaded.scale(size, size)
        pixels = np.empty((*loaded.size, 4), np.float32)
        loaded.pixels.foreach_get(pixels.ravel())
        return straight_srgb(pixels, linear=not loaded.colorspace_settings.is_data) if loaded.is_float else pixels
    finally:
        bpy.data.images.remove(loaded)


def _packed(pixels: NDArray[np.float32], name: str) -> bpy.types.Image:
    """A new image within the file: it has no place on disk that Save could write over."""
    image = bpy.data.images.new(name, pixels.shape[1], pixels.shape[0], alpha=True)
    image.pixels.foreach_set(pixels.ravel())
    image.update()
    image.pack()
    return image
