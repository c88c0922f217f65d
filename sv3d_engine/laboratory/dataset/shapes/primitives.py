"""Closed triangle meshes that can be moved about, all of them lofts: rings of points joined one to the next."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Solid:
    """A closed mesh with normals outward: vertices (V, 3), faces (F, 3)."""

    vertices: Floats
    faces: Ints

    def moved(self, by: ArrayLike) -> "Solid":
        """Shifted by a vector."""
        return Solid(self.vertices + np.asarray(by, float), self.faces)

    def scaled(self, by: ArrayLike) -> "Solid":
        """Stretched along the axes by three numbers or one; a mirroring turns the faces over."""
        factor = np.broadcast_to(np.asarray(by, float), 3)
        faces = self.faces if np.prod(factor) > 0 else self.faces[:, ::-1]
        return Solid(self.vertices * factor, faces)

    def turned(self, axis: str, degrees: float) -> "Solid":
        """Turned about the x, y or z axis through the origin."""
        return Solid(self.vertices @ rotation(axis, degrees).T, self.faces)

    def bent(self, amount: float) -> "Solid":
        """Leant towards +X by amount · z²."""
        return Solid(self.vertices + np.outer(amount * self.vertices[:, 2] ** 2, [1, 0, 0]), self.faces)

    def cleaned(self) -> "Solid":
        """Without faces that have no area."""
        a, b, c = (self.vertices[self.faces[:, k]] for k in range(3))
        return Solid(self.vertices, self.faces[np.linalg.norm(np.cross(b - a, c - a), axis=1) > 1e-10])


def rotation(axis: str, degrees: float) -> Floats:  # (3, 3)
    """Matrix of a right-handed turn about x, y or z."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    i = "xyz".index(axis)
    j, k = (i + 1) % 3, (i + 2) % 3
    matrix = np.eye(3)
    matrix[j, j], matrix[j, k], matrix[k, j], matrix[k, k] = c, -s, s, c
    return matrix


def joined(solids: Sequence[Solid]) -> Solid:
    """Several solids as one."""
    offsets = np.cumsum([0, *(len(s.vertices) for s in solids[:-1])])
    faces = [s.faces + o for s, o in zip(solids, offsets, strict=True)]
    return Solid(np.concatenate([s.vertices for s in solids]), np.concatenate(faces))


def loft(rings: ArrayLike, loop: bool = False) -> Solid:
    """Skin over rings (N, M, 3); ``loop`` joins the last to the first, else both are capped by fans.

    Outward is made sure of by the sign of the volume.
    """
    points = np.asarray(rings, float)
    count, around = points.shape[:2]
    i, j = np.meshgrid(np.arange(count if loop else count - 1), np.arange(around), indexing="ij")
    a, b = i * around + j, i * around + (j + 1) % around
    c, d = (i + 1) % count * around + (j + 1) % around, (i + 1) % count * around + j
    faces = np.stack([np.stack([a, b, c], -1), np.stack([a, c, d], -1)], -2).reshape(-1, 3)
    vertices = points.reshape(-1, 3)
    if not loop:
        k, after = np.arange(around), (np.arange(around) + 1) % around
        end = (count - 1) * around
        low = np.stack([np.full(around, len(vertices)), after, k], -1)
        high = np.stack([np.full(around, len(vertices) + 1), end + k, end + after], -1)
        vertices = np.concatenate([vertices, points[0].mean(0)[None], points[-1].mean(0)[None]])
        faces = np.concatenate([faces, low, high])
    return _outward(vertices, faces)


def _outward(vertices: Floats, faces: Ints) -> Solid:
    a, b, c = vertices[faces[:, 0]], vertices[faces[:, 1]], vertices[faces[:, 2]]
    normal = np.cross(b - a, c - a)
    volume = np.einsum("fd,fd->", a - vertices.mean(0), normal)
    faces = faces[np.einsum("fd,fd->f", normal, normal) > 1e-20]
    return Solid(vertices, faces if volume > 0 else faces[:, ::-1])


def circle(count: int) -> Floats:  # (M, 2)
    """Points of the unit circle."""
    turn = np.arange(count) * (2 * math.pi / count)
    return np.stack([np.cos(turn), np.sin(turn)], -1)


def lathe(profile: ArrayLike, segments: int = 32) -> Solid:
    """Turn a profile of (radius, z) pairs (N, 2) round the z axis."""
    radius, z = np.asarray(profile, float).T
    ring = circle(segments)
    points = np.concatenate([radius[:, None, None] * ring, np.broadcast_to(z[:, None, None], (len(z), segments, 1))], 2)
    return loft(points)


def smooth(points: ArrayLike, count: int) -> Floats:  # (N, C) -> (count, C)
    """A Catmull-Rom curve through points, sampled evenly in its parameter."""
    p = np.asarray(points, float)
    p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    t = np.linspace(0, len(p) - 3, count)
    i = np.minimum(t.astype(int), len(p) - 4)
    u = (t - i)[:, None]
    a, b, c, d = p[i], p[i + 1], p[i + 2], p[i + 3]
    return 0.5 * (2 * b + (c - a) * u + (2 * a - 5 * b + 4 * c - d) * u**2 + (3 * b - a - 3 * c + d) * u**3)


def tube(path: ArrayLike, radius: ArrayLike, segments: int = 12, flat: float = 1.0, loop: bool = False) -> Solid:
    """A pipe along a path (N, 3) with one radius or one per point; ``flat`` squeezes it across its own side."""
    p = np.asarray(path, float)
    along = np.roll(p, -1, 0) - np.roll(p, 1, 0) if loop else np.gradient(p, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-12
    side = np.cross(along[0], [0.0, 0, 1] if abs(along[0, 2]) < 0.9 else [1.0, 0, 0])
    sides = []
    for direction in along:
        side = side - direction * (side @ direction)
        side = side / (np.linalg.norm(side) + 1e-12)
        sides.append(side)
    across = np.stack(sides)
    up = np.cross(across, along)
    ring = circle(segments)
    size = np.broadcast_to(np.asarray(radius, float), len(p))[:, None, None]
    return loft(
        p[:, None] + size * (flat * ring[None, :, :1] * across[:, None] + ring[None, :, 1:] * up[:, None]), loop
    )


def capsule(start: ArrayLike, end: ArrayLike, first: float, last: float | None = None, segments: int = 14) -> Solid:
    """A rod with round ends, of one or two radii."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    last = first if last is None else last
    length = float(np.linalg.norm(b - a)) + 1e-9
    turn = np.linspace(0.06, math.pi / 2, 5)
    x = np.concatenate([-first * np.cos(turn), length + last * np.cos(turn[::-1])]) / length
    radius = np.concatenate([first * np.sin(turn), last * np.sin(turn[::-1])])
    return tube(a + x[:, None] * (b - a), radius, segments)


def rod(start: ArrayLike, end: ArrayLike, first: float, last: float | None = None, segments: int = 16) -> Solid:
    """A cylinder or a cone's stump from point to point, with flat ends."""
    return tube(np.asarray([start, end], float), [first, first if last is None else last], segments)


def superquadric(size: ArrayLike, east: float = 1.0, north: float = 1.0, rows: int = 16, segments: int = 28) -> Solid:
    """|x|, |y|, |z| up to half of ``size``; exponents 1: an ellipsoid, near 0: a box, 2: an octahedron (Barr 1981)."""
    latitude = np.linspace(-math.pi / 2 + 0.02, math.pi / 2 - 0.02, rows)
    half = np.asarray(size, float) / 2

    def power(x: Floats, exponent: float) -> Floats:
        return np.sign(x) * np.abs(x) ** exponent

    ring = power(circle(segments), east)
    wide, high = power(np.cos(latitude), north), power(np.sin(latitude), north)
    points = np.concatenate([wide[:, None, None] * ring, np.broadcast_to(high[:, None, None], (rows, segments, 1))], 2)
    return loft(points * half)


def ellipsoid(size: ArrayLike, rows: int = 14, segments: int = 24) -> Solid:
    """An ellipsoid of these three diameters round the origin."""
    return superquadric(size, rows=rows, segments=segments)


def box(size: ArrayLike, bevel: float = 0.04, steps: int = 2) -> Solid:
    """A block round the origin whose edges are rounded by ``bevel`` of its shortest side."""
    half = np.asarray(size, float) / 2
    r = float(min(half.min() * 0.98, bevel * 2 * half.min()))
    quarter = np.linspace(0, math.pi / 2, steps + 1)
    turn = np.concatenate([quarter + k * math.pi / 2 for k in range(4)])
    sx = np.repeat([1.0, -1, -1, 1], steps + 1)
    sy = np.repeat([1.0, 1, -1, -1], steps + 1)
    tilt = np.concatenate([quarter - math.pi / 2, quarter])
    sz = np.repeat([-1.0, 1], steps + 1)
    flat = np.cos(tilt)[:, None] * r
    x = (half[0] - r) * sx + flat * np.cos(turn)
    y = (half[1] - r) * sy + flat * np.sin(turn)
    z = np.broadcast_to(((half[2] - r) * sz + r * np.sin(tilt))[:, None], x.shape)
    return loft(np.stack([x, y, z], -1))


def extrude(outline: ArrayLike, depth: float, bevel: float = 0.0) -> Solid:
    """A polygon (M, 2) in the xz plane made ``depth`` thick along y, its rims narrowed by a share ``bevel``.

    The outline must be seen whole from its mean point, as the caps are fans.
    """
    polygon = np.asarray(outline, float)
    middle = polygon.mean(0)
    steps = (
        [(1 - bevel, -0.5), (1, -0.5 + bevel / 2), (1, 0.5 - bevel / 2), (1 - bevel, 0.5)]
        if bevel
        else [(1, -0.5), (1, 0.5)]
    )
    rings = []
    for size, y in steps:
        p = middle + (polygon - middle) * size
        rings.append(np.stack([p[:, 0], np.full(len(p), y * depth), p[:, 1]], -1))
    return loft(rings)


def torus(radius: float, thickness: float, segments: int = 32, around: int = 12, arc: float = 360.0) -> Solid:
    """A ring in the xz plane, or an arc of it from +X upwards."""
    turn = np.radians(np.linspace(0, arc, segments + 1))
    turn = turn[:-1] if arc >= 360 else turn
    path = radius * np.stack([np.cos(turn), np.zeros_like(turn), np.sin(turn)], -1)
    return tube(path, thickness, around, loop=arc >= 360)
