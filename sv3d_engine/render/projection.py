"""World points to pixels."""

import torch
from torch import Tensor

from ..orbit.cameras import CameraOrbit


def project(points: Tensor, orbit: CameraOrbit, index: int, size: int) -> Tensor:  # (V, 3) -> (V, 3)
    """Screen coordinates in frame ``index`` of size × size pixels: x right, y down, and depth along the view axis.

    Pixel (row, column) has its centre at (column + ½, row + ½).  Points must lie in front of the camera, as all do
    that an orbit looks at from outside.
    """
    camera = (points - orbit.positions()[index].to(points)) @ orbit.rotations()[index].to(points).T
    depth = (-camera[:, 2]).clamp_min(1e-4)
    half = size / 2
    focal = half / orbit.tan_half_fov
    return torch.stack([half + focal * camera[:, 0] / depth, half - focal * camera[:, 1] / depth, depth], -1)
