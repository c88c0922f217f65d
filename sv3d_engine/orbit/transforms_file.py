"""transforms.json as NeRF, instant-ngp, nerfstudio and Blender's add-ons write it.

Matrices lead from the camera to the world; camera axes are OpenGL's (X right, Y up, looking along −Z), the world's Z
is up.  The lens stands at the top or with each frame: ``camera_angle_x`` in radians, or ``fl_x`` … in pixels.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..shared.errors import UserError
from .lens import Lens
from .photographs import Photograph, Photographs, in_order, rotation_of
from .sightlines import looks_backwards

_LARGEST = 64 << 20  # bytes
_HELP = (
    'The file should look like {"camera_angle_x": 0.69, "frames": [{"file_path": "images/0001.png", '
    '"transform_matrix": [[…], […], […], [0, 0, 0, 1]]}, …]}, as NeRF, instant-ngp and nerfstudio write it.'
)
_FISHEYES = ("FISHEYE", "EQUIRECTANGULAR", "SPHERICAL", "PANORAMA", "ORTHO")
_SAME, _TURNED = 1e-5, 0.5  # of the distance by which places may differ, and what an axis has to change by
_FLIPPED = np.diag([1.0, -1.0, -1.0])


def is_transforms(data: Any) -> bool:
    """Whether parsed JSON is a transforms.json."""
    frames = data.get("frames") if isinstance(data, dict) else None
    if not isinstance(frames, list) or "fov_deg" in data:
        return False
    return any(isinstance(f, dict) and not {"transform_matrix", "file_path"}.isdisjoint(f) for f in frames)


def read_transforms(path: Path) -> Photographs:
    """Read and check a transforms.json.  Raises UserError that names the cause."""
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"it has more than {_LARGEST} bytes")
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        cause = f"The cameras file {path} cannot be read."
        raise UserError(cause, "Check that you may open it.", str(error)) from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"The cameras file {path.name} is not valid JSON.", _HELP, str(error)) from error
    return parse_transforms(data, path.name)


def parse_transforms(data: Any, name: str = "transforms.json") -> Photographs:
    """Check parsed JSON; ``name`` is for the messages."""
    if not isinstance(data, dict) or not isinstance(data.get("frames"), list):
        raise UserError(f"{name} has no list of frames.", _HELP)
    views = [_photograph(frame, data, f"frame {i + 1} of {name}") for i, frame in enumerate(data["frames"])]
    ordered = in_order(views, name)
    notes: list[str] = []
    if _lead_to_cameras(ordered):
        ordered = tuple(replace(view, position=-view.axes @ view.position, axes=view.axes.T) for view in ordered)
        notes.append(f"The matrices in {name} lead from the world to the camera, and are read so.")
    if looks_backwards(ordered):
        ordered = tuple(replace(view, axes=_FLIPPED @ view.axes) for view in ordered)
        notes.append(f"The cameras in {name} look along +Z with Y down, as OpenCV's do, and are read so.")
    return Photographs(name, ordered, upright=True, notes=tuple(notes))


def _lead_to_cameras(views: Sequence[Photograph]) -> bool:
    """Whether matrices lead the wrong way: they turn, but about one place that is not the world's middle.

    That place is the world's middle as a camera sees it, the same for all that look there from one distance.
    """
    places = np.stack([view.position for view in views])
    away = float(np.linalg.norm(places.mean(0)))
    turned = float(np.ptp(np.stack([view.axes for view in views]), axis=0).max())
    return away > 0 and float(np.ptp(places, axis=0).max()) < _SAME * away and turned > _TURNED


def _photograph(frame: Any, common: Mapping[str, Any], where: str) -> Photograph:
    if not isinstance(frame, dict):
        raise UserError(f"The entry for {where} is not a camera.", _HELP)
    file, mask = frame.get("file_path"), frame.get("mask_path")
    if not isinstance(file, str) or not file.strip():
        raise UserError(f"The entry for {where} names no picture: “file_path” is missing.", _HELP)
    matrix = _matrix(frame.get("transform_matrix"), where)
    lens = _lens({**common, **frame}, where)
    named = mask.replace("\\", "/") if isinstance(mask, str) and mask.strip() else None
    return Photograph(file.replace("\\", "/"), lens, matrix[:3, 3], rotation_of(matrix[:3, :3], where), named)


def _matrix(rows: Any, where: str) -> Any:  # (3 or 4, 4)
    try:
        matrix = np.array(rows, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        matrix = np.zeros(0)
    if matrix.shape not in ((4, 4), (3, 4)):
        raise UserError(f"The transform_matrix of {where} is missing, or not 4 × 4 numbers.", _HELP)
    if not np.abs(matrix).max() <= 1e9:  # or it is no number
        raise UserError(f"The transform_matrix of {where} holds something that is no usable number.", _HELP)
    if len(matrix) == 4 and np.abs(matrix[3] - [0, 0, 0, 1]).max() > 1e-4:
        hint = "It seems to be transposed. " if np.abs(matrix[:3, 3]).max() == 0 else ""
        raise UserError(
            f"The transform_matrix of {where} does not end in the row 0, 0, 0, 1.",
            f"{hint}Write it row by row, the camera's place in its last column.",
        )
    return matrix


def _lens(data: Mapping[str, Any], where: str) -> Lens:
    model = str(data.get("camera_model", "")).upper()
    if data.get("is_fisheye") or any(word in model for word in _FISHEYES):
        raise UserError(
            f"The lens of {where} is {model or 'a fisheye'}, which is no pinhole.",
            "Undistort the pictures first (in nerfstudio or with COLMAP's image_undistorter), and give that model.",
        )
    width, height = (_positive(data, key, where) for key in ("w", "h"))
    across, down = _focal(data, "x", width, where), _focal(data, "y", height, where)
    if across is None and down is None:
        raise UserError(f"The lens of {where} is not told: there is neither camera_angle_x nor fl_x.", _HELP)
    shape = height / width if width and height else None
    if across is None and not shape:
        raise UserError(
            f"The lens of {where} is told by its height alone, but there is no w and h.",
            "Write the pictures' size as w and h, or camera_angle_x.",
        )
    if down is not None:  # in heights so far
        down = down * shape if shape else across
    focal = (across if across is not None else down, down if down is not None else across)
    centre = None
    if (cx := _number(data, "cx", where)) is not None and (cy := _number(data, "cy", where)) is not None:
        if not width or not height:
            raise UserError(
                f"The lens of {where} has cx and cy, but no w and h.", "Write the pictures' size as w and h."
            )
        if not (0 <= cx <= width and 0 <= cy <= height):
            raise UserError(
                f"The principal point of {where} lies outside the picture: {cx:g}, {cy:g}.",
                "Write cx and cy in pixels of pictures that are w × h.",
            )
        if abs(cx - width / 2) > 1e-3 or abs(cy - height / 2) > 1e-3:
            centre = cx / width, cy / width
    radial = tuple(_number(data, key, where) or 0.0 for key in ("k1", "k2", "k3"))
    tangential = tuple(_number(data, key, where) or 0.0 for key in ("p1", "p2"))
    size = (round(width), round(height)) if width and height else None
    return Lens(focal, centre, radial, tangential, size)  # type: ignore[arg-type]


def _focal(data: Mapping[str, Any], axis: str, side: float | None, where: str) -> float | None:
    """The focal length in sides of the picture along this axis; None where it is not told."""
    length, angle = _positive(data, f"fl_{axis}", where), _positive(data, f"camera_angle_{axis}", where)
    if length is not None and side:
        return length / side
    if angle is None:
        if length is not None:
            raise UserError(
                f"The lens of {where} has fl_{axis}, but no w and h.", "Write the pictures' size as w and h."
            )
        return None
    if not angle < math.pi:
        raise UserError(
            f"camera_angle_{axis} of {where} is {angle:g}; it looks like degrees.",
            f"Write it in radians: {math.radians(angle):.6g}.",
        )
    return 0.5 / math.tan(angle / 2)


def _positive(data: Mapping[str, Any], key: str, where: str) -> float | None:
    value = _number(data, key, where)
    if value is not None and value <= 0:
        raise UserError(f"“{key}” of {where} is {value:g}.", "Write a positive number.")
    return value


def _number(data: Mapping[str, Any], key: str, where: str) -> float | None:
    value = data.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e6:
        raise UserError(f"“{key}” of {where} is not a usable number: {value!r:.40}.", _HELP)
    return float(value)
