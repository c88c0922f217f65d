"""A seed becomes one training sample's frames and poses: all views at once, in one tall picture."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ...ground.colour import to_srgb
from ...ground.kernels import jit, use_kernel
from ...orbit.cameras import CameraOrbit, project
from ...reconstruction.light import shading
from ...reconstruction.render.rasterize import gather, rasterize, visible_faces
from .generator import DatasetObject, sample_object
from .orbits import AS_GENERATED, WHITE, Framing, Light, sample_background, sample_light, sample_orbit
from .see_through import composite


def seen_surface(
    screen: Tensor, faces: Tensor, attributes: Tensor, height: int, width: int, closed: bool = False
) -> tuple[Tensor, Tensor, Tensor]:
    """Covered pixels (P,), the face of each (P,) and its attributes (P, C), perspective-correct; no gradient.

    screen (N·V, 3) as ``rasterize`` takes it, N views of one mesh: faces (F, 3) and attributes (V, C) are the mesh's.
    Of a ``closed`` mesh the faces that look away are left out: they cannot be seen.
    """
    count, views = len(attributes), len(screen) // len(attributes)
    all_faces = (faces + torch.arange(views, device=faces.device)[:, None, None] * count).reshape(-1, 3)
    if use_kernel(screen, attributes):
        if closed:
            facing = np.empty(len(all_faces), np.bool_)
            _facing(screen.numpy(), all_faces.numpy(), facing)
            kept = np.flatnonzero(facing)
            all_faces = all_faces[torch.from_numpy(kept)]
        index = visible_faces(screen, all_faces, height, width).numpy().reshape(-1)
        pixels = np.flatnonzero(index >= 0)
        seen = index[pixels]
        values = np.empty((len(pixels), attributes.shape[1]), np.float32)
        _interpolate(screen.numpy(), all_faces.numpy(), attributes.numpy(), pixels, seen, width, values)
        face = (kept[seen] if closed else seen) % len(faces)
        return torch.from_numpy(pixels), torch.from_numpy(face), torch.from_numpy(values)
    raster = rasterize(screen, all_faces, height, width)
    face = raster.faces % len(faces)
    return raster.pixels, face, (gather(attributes, faces[face]) * raster.barycentric[..., None]).sum(1)


def averaged(values: Tensor, pixels: Tensor, height: int, width: int, samples: int) -> Tensor:
    """Premultiplied values (P, C) of fine pixels as a coarser picture (height, width, C + 1), coverage last."""
    if use_kernel(values):
        picture = np.zeros((height, width, values.shape[1] + 1), np.float32)
        _average(values.numpy(), pixels.numpy(), samples, picture)
        return torch.from_numpy(picture)
    layer = values.new_zeros(height * width * samples**2, values.shape[1] + 1)
    layer[pixels] = torch.cat([values, torch.ones_like(values[:, :1])], 1)
    fine = layer.reshape(height * samples, width * samples, -1).permute(2, 0, 1)
    return avg_pool2d(fine, samples).permute(1, 2, 0)


@jit
def _facing(screen, faces, facing):
    for f in range(len(faces)):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ux, uy = screen[b, 0] - screen[a, 0], screen[b, 1] - screen[a, 1]
        vx, vy = screen[c, 0] - screen[a, 0], screen[c, 1] - screen[a, 1]
        facing[f] = ux * vy < uy * vx  # rows run down: what is counter-clockwise in the world is clockwise here


@jit
def _interpolate(screen, faces, attributes, pixels, seen, width, values):
    count = attributes.shape[0]
    for i in range(len(pixels)):
        a, b, c = faces[seen[i], 0], faces[seen[i], 1], faces[seen[i], 2]
        px, py = np.float32(pixels[i] % width) + np.float32(0.5), np.float32(pixels[i] // width) + np.float32(0.5)
        ax, ay, bx, by = screen[a, 0] - px, screen[a, 1] - py, screen[b, 0] - px, screen[b, 1] - py
        cx, cy = screen[c, 0] - px, screen[c, 1] - py
        wa = (bx * cy - cx * by) / screen[a, 2]
        wb = (cx * ay - ax * cy) / screen[b, 2]
        wc = (ax * by - bx * ay) / screen[c, 2]
        total = wa + wb + wc
        if abs(total) < 1e-12:
            wa, wb, wc, total = np.float32(1), np.float32(0), np.float32(0), np.float32(1)
        wa, wb, wc = wa / total, wb / total, wc / total
        a, b, c = a % count, b % count, c % count
        for k in range(values.shape[1]):
            values[i, k] = wa * attributes[a, k] + wb * attributes[b, k] + wc * attributes[c, k]


@jit
def _average(values, pixels, samples, picture):
    width = picture.shape[1] * samples
    share = np.float32(1 / samples**2)
    channels = values.shape[1]
    for i in range(len(pixels)):
        y, x = pixels[i] // width // samples, pixels[i] % width // samples
        for k in range(channels):
            picture[y, x, k] += values[i, k] * share
        picture[y, x, channels] += share


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
    if thing.opacity is None:
        pixels, face, seen = seen_surface(screen, faces, attributes, views * fine, fine, thing.closed)
        colour = (thing.albedo(seen[:, :3], face) * seen[:, 3:]).clamp(0, 1)
        layer = averaged(colour, pixels, views * size, size, supersample)
    else:
        layer = _seen_through(thing, screen.cpu(), faces.cpu(), attributes.cpu(), views * size, size, supersample)
        layer = layer.to(device)
    layer = layer.reshape(views, size, size, 4).permute(0, 3, 1, 2)
    alpha = layer[:, 3:]
    rgb = to_srgb(layer[:, :3] / alpha.clamp_min(1e-6))
    if background is None:
        picture = torch.cat([torch.where(alpha > 0, rgb, 1.0), alpha], 1)
    else:
        picture = rgb * alpha + rgb.new_tensor(background)[:, None, None] * (1 - alpha)
    return (picture * 255 + 0.5).clamp(0, 255).to(torch.uint8)


def _seen_through(
    thing: DatasetObject, screen: Tensor, faces: Tensor, attributes: Tensor, height: int, width: int, samples: int
) -> Tensor:  # (height, width, 4) premultiplied linear colour and coverage, on the CPU
    count, views = len(attributes), len(screen) // len(attributes)
    all_faces = (faces + torch.arange(views)[:, None, None] * count).reshape(-1, 3)

    def shade(face: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        face = face % len(faces)
        seen = (attributes[faces[face]] * weights[..., None]).sum(1)
        assert thing.opacity is not None
        colour = (thing.albedo(seen[:, :3], face) * seen[:, 3:]).clamp(0, 1)
        return colour, thing.opacity(seen[:, :3], face)

    fine = composite(screen, all_faces, height * samples, width * samples, shade)
    fine = fine.reshape(height * samples, width * samples, 4).permute(2, 0, 1)
    return avg_pool2d(fine, samples).permute(1, 2, 0)


def tall_screen(vertices: Tensor, orbit: CameraOrbit, size: int) -> Tensor:  # (V, 3) -> (N·V, 3)
    """``project`` for all views, each view ``size`` pixels below the one before."""
    screen = project(vertices, orbit, slice(None), size)
    screen[..., 1] += size * torch.arange(len(screen), device=screen.device)[:, None]
    return screen.reshape(-1, 3)


@dataclass(frozen=True)
class OrbitSample:
    """What the trainer learns from; the last frame is the conditioning view."""

    frames: Tensor  # (21, 3, S, S) uint8 sRGB
    elevations: Tensor  # (21,) degrees, float32
    azimuths: Tensor  # (21,) degrees in [0, 360), the last 0
    family: str


def render_sample(
    seed: int,
    size: int,
    moving: bool,
    device: torch.device | str = "cpu",
    white: float = 1.0,
    thing: DatasetObject | None = None,
    framing: Framing = AS_GENERATED,
) -> OrbitSample:
    """The orbit of a seed, static or ``moving``; over white with probability ``white``, else over any colour.

    ``thing`` puts another object, as one from a file, into the seed's orbit and light.
    """
    thing = thing or sample_object(seed)
    orbit = sample_orbit(seed, thing, moving, framing)
    background = WHITE if white >= 1 else sample_background(seed, white)
    frames = render_orbit(thing, orbit, sample_light(seed), size, device, background=background)
    elevations = torch.tensor([v.elevation for v in orbit.views])
    return OrbitSample(frames, elevations, torch.tensor([v.azimuth for v in orbit.views]), thing.family)
