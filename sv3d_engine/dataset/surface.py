"""What the covered pixels of a tall picture show, and their averages; compiled where there is a kernel."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ..kernels import jit, use_kernel
from ..render.rasterize import gather, rasterize, visible_faces


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
