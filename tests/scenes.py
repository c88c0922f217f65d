"""Closed meshes of known size, and a small orbit of one of them."""

import itertools
import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, normalize

from sv3d_engine.orbit.cameras import CameraOrbit, View, project
from sv3d_engine.reconstruction.field.radiance_field import RadianceField
from sv3d_engine.reconstruction.frames.frames import Frames
from sv3d_engine.reconstruction.render.rasterize import interpolate, rasterize


def icosphere(rounds: int) -> tuple[Tensor, Tensor]:  # (V, 3), (F, 3)
    """A unit sphere of 8·4^rounds triangles, normals outward: an octahedron split again and again."""
    vertices = torch.tensor([[1.0, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
    faces = torch.tensor([[i, 2 + j, 4 + k] for i, j, k in itertools.product(range(2), repeat=3)])
    a, b, c = vertices[faces].unbind(1)
    inward = (torch.linalg.cross(b - a, c - a) * (a + b + c)).sum(-1) < 0
    faces = torch.where(inward[:, None], faces[:, [0, 2, 1]], faces)
    for _ in range(rounds):
        ends = torch.stack([faces, faces.roll(-1, 1)], -1).sort(-1).values  # (F, 3, 2)
        edges, middle = torch.unique(ends.reshape(-1, 2), dim=0, return_inverse=True)
        middle = middle.reshape(-1, 3) + len(vertices)
        vertices = torch.cat([vertices, normalize(vertices[edges].sum(1), dim=-1)])
        corners = torch.stack([faces, middle, middle.roll(1, 1)], -1).reshape(-1, 3)
        faces = torch.cat([corners, middle])
    return vertices, faces


def volume(vertices: Tensor, faces: Tensor) -> float:
    """What a closed mesh with normals outward encloses; negative if they point inward."""
    a, b, c = vertices.detach().double()[faces].unbind(1)
    return float((a * torch.linalg.cross(b, c)).sum() / 6)


def is_closed(faces: Tensor) -> bool:
    """Every edge has two faces, which run along it in opposite senses."""
    half = torch.cat([faces, faces.roll(-1, 1)], 0).reshape(2, -1).T  # from, to
    there = half[:, 0] * (faces.max() + 1) + half[:, 1]
    back = half[:, 1] * (faces.max() + 1) + half[:, 0]
    return len(there.unique()) == len(there) and torch.equal(there.sort().values, back.sort().values)


def wavy_orbit(count: int) -> CameraOrbit:
    """All round, at elevations from −15° to 35°."""
    turns = [i / count for i in range(count)]
    views = [View(f"{i:03d}.png", 10 + 25 * math.sin(4 * math.pi * t), 360 * t) for i, t in enumerate(turns)]
    return CameraOrbit(33.8, 2.2, tuple(views))


def distance_field(distance: Callable[[Tensor], Tensor], half_side: float) -> RadianceField:
    """A field with this signed distance, (P, 3) -> (P,), whose network is silent: grey, without highlights."""
    axis = ((torch.arange(64) + 0.5) / 64 * 2 - 1) * half_side
    grid = distance(torch.cartesian_prod(axis, axis, axis)).reshape(64, 64, 64)
    field = RadianceField(half_side, grid, levels=2, finest=32, log2_rows=6)
    torch.nn.init.zeros_(field.decoder[2].weight)
    return field


EGG_AXES = (0.45, 0.35, 0.3)
EGG_VOLUME = 4 / 3 * math.pi * 0.45 * 0.35 * 0.3
EGG_FRONT, EGG_BACK = (0.8, 0.3, 0.2), (0.2, 0.4, 0.7)  # sRGB, on +X and −X


def egg_distance(points: Tensor) -> Tensor:  # (P, 3) -> (P,)
    """Signed distance to the egg, to first order: exact on its surface and good near it."""
    axes = torch.tensor(EGG_AXES)
    reach = (points / axes).norm(dim=-1)
    return reach * (reach - 1) / (points / axes**2).norm(dim=-1).clamp_min(1e-9)


def egg_orbit(count: int = 12, size: int = 64) -> Frames:
    """Frames of an ellipsoid in two colours, drawn four times as fine and averaged."""
    vertices, faces = icosphere(4)
    colours = torch.where(vertices[:, :1] > 0, torch.tensor(EGG_FRONT), torch.tensor(EGG_BACK))
    orbit, fine = wavy_orbit(count), 4 * size
    rgb, alpha = [], []
    for index in range(count):
        raster = rasterize(project(vertices * torch.tensor(EGG_AXES), orbit, index, fine), faces, fine, fine)
        seen = interpolate(torch.cat([colours, torch.ones(len(vertices), 1)], 1), raster, faces)
        picture = avg_pool2d(raster.spread(seen).T.reshape(4, fine, fine), 4).permute(1, 2, 0)
        alpha.append(picture[..., 3].clamp(0, 1))
        straight = picture[..., :3] / picture[..., 3:].clamp_min(1e-6)
        rgb.append(torch.where(alpha[-1][..., None] > 0, straight, torch.ones(())))
    return Frames(torch.stack(rgb), torch.stack(alpha), orbit)
