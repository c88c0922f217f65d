"""Photographs with another tool's cameras: anywhere, turned anyhow, each with a lens of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..shared.errors import UserError
from ..shared.frame_names import natural_key
from .lens import Lens
from .orbit_files import check_count

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Photograph:
    """One picture and the camera that took it, in the tool's own world."""

    file: str  # as the tool names it, with forward slashes
    lens: Lens
    position: Array  # (3,)
    axes: Array  # (3, 3) rows: right, up and backward
    mask: str | None = None  # a picture of what belongs to the object


@dataclass(frozen=True)
class Photographs:
    """What another tool's cameras file says, in the order of the pictures' names."""

    name: str  # of the file
    views: tuple[Photograph, ...]
    upright: bool  # the tool's world has +Z up, and a length of its own: else both are the tool's accident
    notes: tuple[str, ...] = ()


def in_order(views: Sequence[Photograph], name: str) -> tuple[Photograph, ...]:
    """The photographs by their names.  Raises UserError where they are too few, too many, or named twice."""
    check_count(len(views), f"{name} lists")
    files = [view.file for view in views]
    if twice := next((file for file in files if files.count(file) > 1), None):
        raise UserError(f"{name} lists {twice} twice.", "Give each picture one camera.")
    return tuple(sorted(views, key=lambda view: natural_key(view.file)))


def rotation_of(columns: Array, where: str) -> Array:  # (3, 3) -> (3, 3)
    """The rotation in a camera's matrix, whatever its scale; rows are the camera's axes.  Raises UserError."""
    lengths = np.linalg.norm(columns, axis=0)
    if not np.isfinite(columns).all() or lengths.min() <= 1e-9 or lengths.max() > 1.01 * lengths.min():
        raise UserError(
            f"The camera of {where} is no rotation: its axes differ in length.",
            "Write the camera's own matrix, camera to world, without a scale.",
        )
    axes: Array = (columns / lengths).T
    if np.abs(axes @ axes.T - np.eye(3)).max() > 0.01:
        raise UserError(
            f"The camera of {where} is no rotation: its axes are not square to each other.",
            "Write the camera's own matrix, camera to world.",
        )
    if np.linalg.det(axes) < 0:
        raise UserError(
            f"The camera of {where} is mirrored: its axes are left-handed.",
            "Export it again with right-handed axes: X right, Y up, looking along −Z.",
        )
    left, _, right = np.linalg.svd(axes)
    return left @ right


def quaternion_rotation(w: float, x: float, y: float, z: float) -> Array:  # (3, 3)
    """Hamilton's, as COLMAP and Eigen write it; it need not have unit length."""
    w, x, y, z = np.array([w, x, y, z]) / np.linalg.norm([w, x, y, z])
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
