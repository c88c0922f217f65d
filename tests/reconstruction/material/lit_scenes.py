"""A ball of two paints in one lamp's light, as seen from all round, whose answers are known."""

import torch
from scenes import icosphere, wavy_orbit
from torch import Tensor
from torch.nn.functional import avg_pool2d, normalize

from sv3d_engine.ground.colour import to_srgb
from sv3d_engine.orbit.cameras import project
from sv3d_engine.reconstruction.frames.frames import Frames
from sv3d_engine.reconstruction.light import MEAN_RADIANCE, fibonacci_sphere
from sv3d_engine.reconstruction.material.specular import reflection
from sv3d_engine.reconstruction.material.transfer import DIRECTIONS, irradiance
from sv3d_engine.reconstruction.render.rasterize import interpolate, rasterize

LAMP = normalize(torch.tensor([1.0, -0.5, 1.5]), dim=0)
EARTH, SKY = torch.tensor([0.5, 0.2, 0.1]), torch.tensor([0.1, 0.25, 0.5])  # linear, on +Y and −Y
RADIUS = 0.4


def paints(points: Tensor) -> Tensor:  # (P, 3) -> (P, 3)
    return torch.where(points[:, 1:2] > 0, EARTH, SKY)


def lamp_light(count: int = DIRECTIONS) -> Tensor:  # (K,)
    """The lamp before an even sky, of the mean that the engine gives every light."""
    light = 0.4 + 6 * torch.exp(12 * (fibonacci_sphere(count) @ LAMP - 1))
    return light * (MEAN_RADIANCE / light.mean())


def open_sky(normals: Tensor, count: int = DIRECTIONS) -> Tensor:  # (P, 3) -> (P, K)
    """Visibility where nothing is in the way."""
    return (normals @ fibonacci_sphere(count).T > 0).float()


def lamp_shading(normals: Tensor) -> Tensor:  # (P, 3) -> (P,)
    return irradiance(normals, open_sky(normals)) @ lamp_light()


def ball() -> tuple[Tensor, Tensor]:
    vertices, faces = icosphere(5)
    return vertices * RADIUS, faces


def ball_frames(
    roughness: float | None = None,
    count: int = 12,
    size: int = 96,
    warmth: tuple[float, float, float] = (0, 0, 0),
    matt_sky: bool = False,
    turning: bool = False,
) -> Frames:
    """Drawn twice as fine and averaged; matt, or glossy with this ``roughness``, of the paint EARTH alone if so asked.

    ``warmth`` is added to each channel of the lamp's light, and taken from that of the other side.  Where the light is
    ``turning`` the ball turns before a lamp that stands where LAMP is at azimuth 0.
    """
    vertices, faces = ball()
    orbit, fine = wavy_orbit(count), 2 * size
    rgb, alpha = [], []
    for index, position in enumerate(orbit.positions()):
        raster = rasterize(project(vertices, orbit, index, fine), faces, fine, fine)
        points = interpolate(vertices, raster, faces)
        normals = normalize(points, dim=-1)
        towards = normalize(position - points, dim=-1)
        if turning:
            normals, towards = (_turned(ways, -orbit.views[index].azimuth) for ways in (normals, towards))
        tint = 1 + torch.tensor(warmth) * (normals @ LAMP)[:, None]
        light = paints(points) * lamp_shading(normals)[:, None] * tint
        if roughness:
            shine = reflection(normals, towards, open_sky(normals), roughness)[0] @ lamp_light()
            light = light + torch.where((points[:, 1] > 0) | (not matt_sky), shine, torch.zeros(()))[:, None]
        layer = raster.spread(torch.cat([light, torch.ones(len(light), 1)], 1))
        layer = avg_pool2d(layer.T.reshape(4, fine, fine), 2).permute(1, 2, 0)
        alpha.append(layer[..., 3])
        rgb.append(torch.where(alpha[-1][..., None] > 0, layer[..., :3] / alpha[-1][..., None], torch.ones(())))
    return Frames(to_srgb(torch.stack(rgb)).clamp(0, 1), torch.stack(alpha), orbit)


def _turned(ways: Tensor, degrees: float) -> Tensor:  # (P, 3)
    """Turned about the vertical, counter-clockwise seen from above."""
    angle = torch.deg2rad(torch.tensor(degrees))
    x, y, z = ways.unbind(-1)
    return torch.stack([angle.cos() * x - angle.sin() * y, angle.sin() * x + angle.cos() * y, z], -1)


def decibels(colour: Tensor, truth: Tensor) -> float:
    """Peak signal-to-noise of sRGB values after one factor for all: the scale of albedo × light is free."""
    colour = colour * ((colour * truth).sum() / colour.square().sum())
    return float(-10 * (to_srgb(colour) - to_srgb(truth)).square().mean().log10())
