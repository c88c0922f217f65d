"""The demo's picture and orbit, sphere-traced in a light of its own.

``python -m sv3d_engine.laboratory.demo.studio`` writes them and cameras.json anew.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ...ground.colour import to_srgb
from ...orbit.cameras import CameraOrbit, View, frame_rays
from ...orbit.orbit_files import write_cameras
from ...reconstruction.light import fibonacci_sphere
from ...shared.trajectory import SV3D_FOV_DEG, sine
from . import robot

Field = Callable[[Tensor], Tensor]  # (P, 3) -> (P,)
Shade = Callable[[Tensor, Tensor], Tensor]  # points (P, 3), normals (P, 3) -> linear colour (P, 3)

_STEPS = 96
_CLOSE = 2e-4
_REACH = 0.9  # radius of a ball around the object


def render(orbit: CameraOrbit, index: int, size: int, distance: Field, shade: Shade, samples: int = 3) -> Tensor:
    """One frame (S, S, 4): sRGB and straight alpha in [0, 1], ``samples``² rays a pixel."""
    fine = size * samples
    pixels = torch.arange(fine * fine)
    origins, rays = frame_rays(orbit, fine, torch.full_like(pixels, index), pixels)
    hit, points = trace(origins[0], rays, distance)
    linear = torch.zeros_like(rays)
    linear[hit] = shade(points[hit], normals(points[hit], distance))
    coverage = hit.float()[:, None]
    layers = torch.cat([linear * coverage, coverage], -1).view(fine, fine, 4).permute(2, 0, 1)
    linear, alpha = torch.nn.functional.avg_pool2d(layers[None], samples)[0].permute(1, 2, 0).split([3, 1], -1)
    return torch.cat([to_srgb((linear / alpha.clamp_min(1e-6)).clamp(0, 1)), alpha], -1)


def trace(origin: Tensor, rays: Tensor, distance: Field) -> tuple[Tensor, Tensor]:
    """Follow unit rays (P, 3) from (3,) to the surface: hit or not (P,), and where (P, 3)."""
    nearest = -(rays @ origin)
    travelled = (nearest - _REACH).clamp_min(0)
    apart = (origin + nearest[:, None] * rays).norm(dim=-1)
    active = (apart < _REACH).nonzero()[:, 0]
    hit = torch.zeros(len(rays), dtype=torch.bool)
    for _ in range(_STEPS):
        gap = distance(origin + travelled[active, None] * rays[active])
        travelled[active] += gap
        hit[active[gap < _CLOSE]] = True
        active = active[(gap >= _CLOSE) & (travelled[active] < nearest[active] + _REACH)]
        if not len(active):
            break
    return hit, origin + travelled[:, None] * rays


def normals(points: Tensor, distance: Field, step: float = 1e-3) -> Tensor:  # (P, 3)
    """Unit gradients by central differences."""
    offsets = step * torch.eye(3)
    slopes = [distance(points + o) - distance(points - o) for o in offsets]
    return torch.nn.functional.normalize(torch.stack(slopes, -1), dim=-1)


GAUSSIANS = 24
_DIRECTIONS = 2048


def radiance(directions: Tensor) -> Tensor:  # (D, 3) -> (D, 3)
    """Light from each direction: a sky that darkens downwards, a warm key from the front left, a cool rim behind."""
    axes = fibonacci_sphere(GAUSSIANS) * torch.tensor([1.0, -1.0, 1.0])  # as when the stored pictures were lit
    sky = torch.tensor([0.20, 0.22, 0.25]) * (0.75 + 0.45 * axes[:, 2:])
    key = torch.tensor([2.1, 1.8, 1.4]) * _towards(axes, (0.7, 0.5, 0.6)) ** 6
    rim = torch.tensor([0.5, 0.8, 1.2]) * _towards(axes, (-0.6, -0.7, 0.3)) ** 8
    lobes = torch.exp(6.0 * (directions @ axes.T - 1))
    return lobes @ (sky + key + rim)


def irradiance(normals: Tensor) -> Tensor:  # (P, 3) -> (P, 3)
    """Light that a surface with these unit normals receives, over π, by summing over the sphere; nothing shadows."""
    directions = fibonacci_sphere(_DIRECTIONS)
    light = radiance(directions) * (4 / _DIRECTIONS)
    chunks = [(part @ directions.T).clamp_min(0) @ light for part in normals.split(1 << 14)]
    return torch.cat(chunks) if chunks else torch.zeros(0, 3)


def _towards(axes: Tensor, direction: tuple[float, float, float]) -> Tensor:  # (G, 3) -> (G, 1)
    return (axes @ torch.nn.functional.normalize(torch.tensor(direction), dim=0)).clamp_min(0)[:, None]


FOLDER = Path(__file__).resolve().parent / "orbit"
PICTURE = FOLDER.with_name("picture.png")
COUNT, SIZE, DISTANCE = 21, 320, 2.1
PICTURE_SIZE = 576
ELEVATION = 10.0  # degrees, of the picture


def orbit() -> CameraOrbit:
    """All round in 21 frames, up and down once; the last frame is the front."""
    poses = sine(ELEVATION, amplitude=25, count=COUNT)
    views = tuple(View(f"{i:03d}.png", round(p.elevation, 6), round(p.azimuth, 6)) for i, p in enumerate(poses))
    return CameraOrbit(SV3D_FOV_DEG, DISTANCE, views)


def shade(points: Tensor, normals: Tensor) -> Tensor:
    """Matt paint in the studio's light."""
    return robot.albedo(points) * irradiance(normals)


def main() -> None:
    cameras = orbit()
    FOLDER.mkdir(exist_ok=True)
    for index, view in enumerate(cameras.views):
        _save(render(cameras, index, SIZE, robot.distance, shade), FOLDER / view.file)
        print(f"{view.file}: elevation {view.elevation:.1f}°, azimuth {view.azimuth:.1f}°", flush=True)
    write_cameras(cameras, FOLDER / "cameras.json")
    _save(render(cameras, COUNT - 1, PICTURE_SIZE, robot.distance, shade), PICTURE)


def _save(frame: Tensor, path: Path) -> None:  # (S, S, 4) in [0, 1]
    Image.fromarray((frame * 255 + 0.5).to(torch.uint8).numpy()).save(path, optimize=True)


if __name__ == "__main__":
    main()
