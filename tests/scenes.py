"""Closed meshes of known size, and a small orbit of one of them."""

import itertools
import math
from collections.abc import Callable
from dataclasses import replace

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


def box(counts: tuple[int, int, int]) -> tuple[Tensor, Tensor]:  # (V, 3), (F, 3)
    """The cube [−1, 1]³ with each side cut into ``counts`` parts along x, y and z; normals outward."""
    size = torch.tensor(counts)
    corners = []  # of quadrilaterals, counter-clockwise seen from outside
    for axis, (u, v) in enumerate([(1, 2), (2, 0), (0, 1)]):
        start = torch.zeros(counts[u] * counts[v], 3, dtype=torch.int64)
        start[:, [u, v]] = torch.cartesian_prod(torch.arange(counts[u]), torch.arange(counts[v]))
        step_u, step_v = torch.eye(3, dtype=torch.int64)[[u, v]]
        around = torch.stack([start, start + step_u, start + step_u + step_v, start + step_v], 1)
        corners += [around.flip(1), around + size * torch.eye(3, dtype=torch.int64)[axis]]
    lattice, quads = torch.unique(torch.cat(corners).reshape(-1, 3), dim=0, return_inverse=True)
    quads = quads.reshape(-1, 4)
    return lattice / size * 2 - 1, torch.cat([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def round_off(vertices: Tensor) -> Tensor:  # (V, 3) -> (V, 3)
    """Turn a box into a disc: concentric squares in x and y become circles (Shirley & Chiu 1997)."""
    x, y, z = vertices.unbind(-1)
    radius = torch.maximum(x.abs(), y.abs())
    flat = x.abs() >= y.abs()
    turn = math.pi / 4 * torch.where(flat, y, x) / torch.where(flat, x, y).where(radius > 0, torch.ones(()))
    along, across = torch.where(flat, x, y) * turn.cos(), torch.where(flat, x, y) * turn.sin()
    return torch.stack([torch.where(flat, along, across), torch.where(flat, across, along), z], -1)


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


def weighted(orbit: CameraOrbit, weights: dict[int, float]) -> CameraOrbit:
    """The same cameras with these frames' weights, by index."""
    views = tuple(replace(v, weight=weights.get(i, v.weight)) for i, v in enumerate(orbit.views))
    return replace(orbit, views=views)


def pictures_of(
    vertices: Tensor,  # (V, 3)
    faces: Tensor,  # (F, 3)
    colour: Callable[[Tensor], Tensor],  # world points (P, 3) -> sRGB (P, 3)
    orbit: CameraOrbit,
    size: int,
) -> Frames:
    """Frames of a mesh, drawn four times as fine and averaged."""
    fine, rgb, alpha = 4 * size, [], []
    for index in range(len(orbit.views)):
        raster = rasterize(project(vertices, orbit, index, fine), faces, fine, fine)
        points = interpolate(vertices, raster, faces)
        seen = torch.cat([colour(points), torch.ones(len(points), 1)], 1)
        picture = avg_pool2d(raster.spread(seen).T.reshape(4, fine, fine), 4).permute(1, 2, 0)
        alpha.append(picture[..., 3])
        straight = picture[..., :3] / picture[..., 3:].clamp_min(1e-6)
        rgb.append(torch.where(alpha[-1][..., None] > 0, straight, torch.ones(())))
    return Frames(torch.stack(rgb), torch.stack(alpha), orbit)


def grey(points: Tensor) -> Tensor:  # (P, 3) -> (P, 3)
    """Nothing to match."""
    return torch.full_like(points, 0.5)


def blotches(points: Tensor, wavelength: float = 0.06) -> Tensor:  # (P, 3) -> (P, 3)
    """A colourful solid texture that looks different everywhere: each channel a sum of waves in random directions."""
    draw = torch.Generator().manual_seed(5)
    ways = normalize(torch.randn(3, 8, 3, generator=draw), dim=-1)
    lengths = wavelength * (1 + torch.rand(3, 8, 1, generator=draw))
    phases = 2 * math.pi * torch.rand(3, 8, generator=draw)
    waves = torch.einsum("pi,cwi->pcw", points, 2 * math.pi * ways / lengths) + phases
    return (0.5 + 0.15 * waves.sin().sum(-1)).clamp(0, 1)


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
    """Frames of an ellipsoid in two colours."""
    vertices, faces = icosphere(4)

    def colour(points: Tensor) -> Tensor:
        return torch.where(points[:, :1] > 0, torch.tensor(EGG_FRONT), torch.tensor(EGG_BACK))

    return pictures_of(vertices * torch.tensor(EGG_AXES), faces, colour, wavy_orbit(count), size)
