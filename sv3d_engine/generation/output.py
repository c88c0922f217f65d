"""A generated orbit as files: frames, cameras, and a sheet that shows them all."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ..orbit.cameras import View
from ..orbit.file import CameraFile, write_cameras
from ..orbit.store import write_frames
from ..orbit.trajectory import SV3D_FOV_DEG, Pose
from ..progress import Progress

_COLUMNS = 7
_THUMBNAIL, _MARGIN, _CAPTION = 256, 12, 30  # pixels
_PAPER, _INK = (225, 225, 225), (40, 40, 40)


def write_orbit(
    frames: NDArray[np.uint8],  # (21, S, S, 3)
    poses: Sequence[Pose],
    folder: Path,
    progress: Progress,
) -> None:
    """Write ``folder``/frames/000.png … 020.png, cameras.json as ``mesh`` reads it, and contact_sheet.png.

    ``frames`` are sRGB, in the order of ``poses`` (degrees).  Each of the three is whole or not there.  The cameras
    have no distance: SV3D does not know it, the mesh's frames stage measures it.  Raises OSError.
    """
    views = tuple(View(f"{i:03d}.png", *pose) for i, pose in enumerate(poses))
    write_frames(frames, [view.file for view in views], folder / "frames", progress.part(0.0, 0.9))
    write_cameras(CameraFile(SV3D_FOV_DEG, None, views), folder / "cameras.json")
    progress(0.9, "Writing the contact sheet")
    partial = folder / "contact_sheet.png.part"
    contact_sheet(frames, poses).save(partial, format="PNG")
    os.replace(partial, folder / "contact_sheet.png")
    progress(1.0)


def contact_sheet(frames: NDArray[np.uint8], poses: Sequence[Pose]) -> Image.Image:  # (N, S, S, 3)
    """All frames small, seven in a row, each with its number and its azimuth and elevation in degrees."""
    across, down = _THUMBNAIL + _MARGIN, _THUMBNAIL + _CAPTION + _MARGIN
    rows = -(-len(frames) // _COLUMNS)
    sheet = Image.new("RGB", (_MARGIN + _COLUMNS * across, _MARGIN + rows * down), _PAPER)
    draw = ImageDraw.Draw(sheet)
    bold, plain = ImageFont.load_default(20), ImageFont.load_default(15)
    for i, (frame, pose) in enumerate(zip(frames, poses, strict=True)):
        x, y = _MARGIN + i % _COLUMNS * across, _MARGIN + i // _COLUMNS * down
        thumbnail = Image.fromarray(frame).resize((_THUMBNAIL, _THUMBNAIL), Image.Resampling.LANCZOS)
        sheet.paste(thumbnail, (x, y))
        baseline = y + _THUMBNAIL + _CAPTION - 8
        draw.text((x + 2, baseline), f"{i:03d}", _INK, bold, anchor="ls")
        angles = f"azimuth {round(pose.azimuth)}°, elevation {round(pose.elevation)}°"
        draw.text((x + _THUMBNAIL - 2, baseline), angles, _INK, plain, anchor="rs")
    return sheet
