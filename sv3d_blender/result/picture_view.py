"""How the artist's picture sees the object: the crop and scale of its preparation undone; plain numbers.

The frame is a square of the picture, so the picture is a larger sensor behind the same lens, and shifted.
"""

from dataclasses import dataclass
from pathlib import Path

from ...sv3d_engine.shared.crop import Crop
from ...sv3d_engine.shared.job_files import inside
from .orbit_path import SENSOR, CameraPose, OrbitPath
from .png_check import check_png
from .provenance import picture_of

_LARGEST = 64 << 20  # bytes of a background


@dataclass(frozen=True)
class PictureView:
    """A still camera in the object's space, and what stands behind the object."""

    pose: CameraPose
    lens: float  # millimetres
    sensor_width: float  # millimetres, across the picture's width
    shift_x: float  # in widths of the picture, as Blender has it
    shift_y: float
    width: int  # of the picture, in pixels
    height: int
    background: Path | None
    own: bool  # whether it is the artist's picture, not the last frame


def view_of(path: OrbitPath, crop: Crop, background: Path | None, *, own: bool) -> PictureView:
    """The camera of a picture in which the orbit's last frame is the square ``crop``."""
    right = crop.width / 2 - (crop.left + crop.side / 2)  # of the optical axis, to the picture's middle
    up = crop.top + crop.side / 2 - crop.height / 2
    return PictureView(
        pose=path.poses[-1],
        lens=path.lens,
        sensor_width=SENSOR * crop.width / crop.side,
        shift_x=right / crop.width,
        shift_y=up / crop.width,
        width=crop.width,
        height=crop.height,
        background=background,
        own=own,
    )


def read_picture_view(job_folder: Path, path: OrbitPath) -> PictureView | None:
    """The view of the picture that a job was made from; of one made from frames, that of the last.

    None where neither has a size that can be told.
    """
    crop, picture = picture_of(job_folder)
    if crop:
        return view_of(path, crop, picture if _size(picture) else None, own=True)
    frame = inside(job_folder, f"frames/{path.files[-1]}")
    size = _size(frame)
    return view_of(path, Crop.whole(*size), frame, own=False) if size else None


def _size(file: Path | None) -> tuple[int, int] | None:
    """Width and height of a PNG that can be shown; None if it is none."""
    try:
        if file and file.is_file() and file.stat().st_size <= _LARGEST:
            return check_png(file.read_bytes())
    except (OSError, ValueError):
        pass
    return None
