"""Orbit cameras: angles to matrices.

World: right-handed, Z up, the picture's front on +X.  A camera at azimuth a and elevation e stands at
r·(cos e cos a, cos e sin a, sin e) and looks at the origin with +Z up; growing azimuth moves it
counter-clockwise seen from above.  Camera axes are OpenGL's: X right, Y up, looking along −Z.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ..shared.trajectory import SV3D_FOV_DEG, SV3D_FRAME_COUNT, static


@dataclass(frozen=True)
class View:
    """One frame of an orbit; angles in degrees."""

    file: str
    elevation: float
    azimuth: float
    weight: float = 1.0  # in [0, 1]: how much the frame counts; 0 = as if it were not there
    true: bool = False  # the artist's own picture among frames that a model imagined
    away: float = 1.0  # from what the cameras look at, in the orbit's distance

    @property
    def say(self) -> float:
        """How much it counts beside the other frames."""
        return self.weight * (_TRUE if self.true else 1)


_TRUE = 3.0  # imagined frames that one true picture outweighs


@dataclass(frozen=True)
class CameraOrbit:
    """Pinhole cameras with square frames around the object, on a sphere unless views say how far they are.

    ``fov_deg`` is the full angle across the frame, ``distance`` the sphere's radius in world units.
    """

    fov_deg: float
    distance: float
    views: tuple[View, ...]

    @property
    def says(self) -> Tensor:  # (N,)
        """How much each frame counts beside the others."""
        return torch.tensor([view.say for view in self.views])

    @property
    def shares(self) -> Tensor:  # (N,) float64
        """How far each camera is from the middle, in the orbit's distance."""
        return torch.tensor([view.away for view in self.views], dtype=torch.float64)

    @property
    def tan_half_fov(self) -> float:
        return math.tan(math.radians(self.fov_deg / 2))

    def positions(self) -> Tensor:  # (N, 3)
        """Camera centres in the world, float32."""
        return self.on(torch.device("cpu"))[0]

    def rotations(self) -> Tensor:  # (N, 3, 3)
        """Rows are each camera's right, up and backward axes: ``R @ (x − position)`` is in camera axes."""
        return self.on(torch.device("cpu"))[1]

    def on(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """``positions`` and ``rotations`` on a device: worked out and copied there once, not to be written to."""
        if device not in self._tensors:
            positions, rotations = self._matrices()
            self._tensors[device] = positions.to(device), rotations.to(device)
        return self._tensors[device]

    @cached_property
    def _tensors(self) -> dict[torch.device, tuple[Tensor, Tensor]]:
        return {}

    def _matrices(self) -> tuple[Tensor, Tensor]:
        e = torch.tensor([math.radians(v.elevation) for v in self.views], dtype=torch.float64)
        a = torch.tensor([math.radians(v.azimuth) for v in self.views], dtype=torch.float64)
        unit = torch.stack([e.cos() * a.cos(), e.cos() * a.sin(), e.sin()], -1)
        positions = (self.distance * self.shares[:, None] * unit).float()
        backward = torch.nn.functional.normalize(positions.double(), dim=-1)
        world_up = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64).expand_as(backward)
        right = torch.nn.functional.normalize(torch.cross(world_up, backward, dim=-1), dim=-1)
        up = torch.cross(backward, right, dim=-1)
        return positions, torch.stack([right, up, backward], 1).float()


def static_orbit(elevation: float, distance: float, count: int = SV3D_FRAME_COUNT) -> CameraOrbit:
    """SV3D's default orbit as cameras, files 000.png …: all round at one elevation, the last frame the front."""
    views = tuple(View(f"{i:03d}.png", *pose) for i, pose in enumerate(static(elevation, count)))
    return CameraOrbit(SV3D_FOV_DEG, distance, views)


def in_camera(points: Tensor, orbit: CameraOrbit, index: int | slice) -> Tensor:  # (V, 3) -> (V, 3) or (N, V, 3)
    """World points in the axes of camera ``index``, or of each camera of a slice."""
    positions, rotations = (matrices.to(points.dtype) for matrices in orbit.on(points.device))
    return (points - positions[index].unsqueeze(-2)) @ rotations[index].mT


def project(points: Tensor, orbit: CameraOrbit, index: int | slice, size: int) -> Tensor:
    """Screen coordinates in frame ``index`` of size × size pixels: x right, y down, and depth along the view axis.

    (V, 3) -> (V, 3), or (N, V, 3) for a slice of frames.  Pixel (row, column) has its centre at (column + ½, row + ½).
    Points must lie in front of the camera, as all do that an orbit looks at from outside.
    """
    x, y, z = in_camera(points, orbit, index).unbind(-1)
    depth = (-z).clamp_min(1e-4)
    half = size / 2
    focal = half / orbit.tan_half_fov
    return torch.stack([half + focal * x / depth, half - focal * y / depth, depth], -1)


def frame_coordinates(points: Tensor, orbit: CameraOrbit, index: int) -> Tensor:
    """World points (P, 3) to coordinates in frame ``index`` (P, 2): x right, y down, the frame is [−1, 1]²."""
    camera = in_camera(points, orbit, index)
    depth = (-camera[:, 2:]).clamp_min(1e-6)
    return camera[:, :2] / (depth * orbit.tan_half_fov) * camera.new_tensor([1.0, -1.0])


def frame_rays(orbit: CameraOrbit, size: int, view: Tensor, pixel: Tensor) -> tuple[Tensor, Tensor]:
    """World rays through pixel centres.

    view (R,) frame indices, pixel (R,) flat row-major indices into a size × size frame.  Returns origins (R, 3) and
    unit directions (R, 3) on the device of ``view``.
    """
    x = (pixel % size + 0.5) / size * 2 - 1
    y = 1 - (torch.div(pixel, size, rounding_mode="floor") + 0.5) / size * 2
    tan = orbit.tan_half_fov
    in_camera = torch.nn.functional.normalize(torch.stack([x * tan, y * tan, -torch.ones_like(x)], -1), dim=-1)
    positions, rotations = orbit.on(view.device)
    return positions[view], torch.einsum("rc,rcw->rw", in_camera, rotations[view])


def pixel_size(orbit: CameraOrbit, size: int) -> float:
    """Side of a pixel of size × size frames at the object, in world units, at the orbit's own distance."""
    return 2 * orbit.distance * orbit.tan_half_fov / size


def projection_matrices(orbit: CameraOrbit, size: int) -> Tensor:  # (N, 3, 4), float32
    """World to pixels of size × size frames in homogeneous coordinates: (x·w, y·w, w), w the depth; as ``project``."""
    positions, rotations = orbit.on(torch.device("cpu"))
    half = size / 2
    focal = half / orbit.tan_half_fov
    intrinsic = rotations.new_tensor([[focal, 0.0, -half], [0.0, -focal, -half], [0.0, 0.0, -1.0]])
    moved = -(rotations @ positions[..., None])
    return intrinsic @ torch.cat([rotations, moved], -1)
