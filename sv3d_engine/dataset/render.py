"""All frames of an orbit at once: the views stand below each other in one tall picture."""

import torch
from torch import Tensor

from ..colour import to_srgb
from ..light.spherical_gaussians import shading
from ..orbit.cameras import CameraOrbit
from .generator import DatasetObject
from .orbits import Light
from .surface import averaged, seen_surface


@torch.no_grad()
def render_orbit(
    thing: DatasetObject,
    orbit: CameraOrbit,
    light: Light,
    size: int,
    device: torch.device | str = "cpu",
    supersample: int = 2,
    background: tuple[float, float, float] | None = None,
) -> Tensor:
    """Frames (N, 4, size, size) uint8 on the device: sRGB with straight alpha, or (N, 3, …) over a background.

    Matt surfaces: albedo times irradiance, which is worked out at the vertices.  Averaged in linear light over
    ``supersample``² samples a pixel, laid over the background in sRGB.
    """
    device = torch.device(device)
    vertices = torch.from_numpy(thing.vertices).to(device)
    faces = torch.from_numpy(thing.faces).to(device)
    views, fine = len(orbit.views), size * supersample
    lamp = light.to(device)
    lit = shading(torch.from_numpy(thing.normals).to(device), lamp.axes, lamp.sharpness, lamp.amplitude)

    attributes = torch.cat([vertices, lit[:, None]], 1)
    screen = tall_screen(vertices, orbit, fine)
    pixels, face, seen = seen_surface(screen, faces, attributes, views * fine, fine, thing.closed)
    colour = (thing.albedo(seen[:, :3], face) * seen[:, 3:]).clamp(0, 1)
    layer = averaged(colour, pixels, views * size, size, supersample)
    layer = layer.reshape(views, size, size, 4).permute(0, 3, 1, 2)
    alpha = layer[:, 3:]
    rgb = to_srgb(layer[:, :3] / alpha.clamp_min(1e-6))
    if background is None:
        picture = torch.cat([torch.where(alpha > 0, rgb, 1.0), alpha], 1)
    else:
        picture = rgb * alpha + rgb.new_tensor(background)[:, None, None] * (1 - alpha)
    return (picture * 255 + 0.5).clamp(0, 255).to(torch.uint8)


def tall_screen(vertices: Tensor, orbit: CameraOrbit, size: int) -> Tensor:  # (V, 3) -> (N·V, 3)
    """``render.projection.project`` for all views, each view ``size`` pixels below the one before."""
    rotations, positions = orbit.rotations().to(vertices), orbit.positions().to(vertices)
    camera = vertices @ rotations.transpose(1, 2) - (rotations @ positions[..., None]).transpose(1, 2)
    x, y, z = camera.unbind(-1)
    depth = (-z).clamp_min(1e-4)
    half = size / 2
    focal = half / orbit.tan_half_fov
    top = half + size * torch.arange(len(rotations), device=vertices.device)[:, None]
    return torch.stack([half + focal * x / depth, top - focal * y / depth, depth], -1).reshape(-1, 3)
