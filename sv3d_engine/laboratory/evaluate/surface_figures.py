"""How far two surfaces are apart: Chamfer distance, F-score, normals, and the shift that brings them together.

Lengths are in the files' units: of the benchmark, the true object's longest side.  Only what can be seen from outside
is asked for and counts.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from ...reconstruction.asset.topology import Floats
from .nearest_triangle import TriangleTree
from .ray_caster import RayCaster
from .scored_mesh import ScoredMesh

POINTS = 50_000
NEAR = (0.01, 0.02, 0.05)  # that points of the F-score are nearer than
_WHOLE, _NOTHING = 0.98, 0.02  # shares of exterior points beyond which no more are drawn
_ALIGNED_BY = 8000  # points
_MOST_STEPS, _STILL = 60, 1e-7

Figures = dict[str, float]


@dataclass(frozen=True)
class Samples:
    """Points of a surface with the normals of their faces."""

    points: Floats  # (P, 3)
    normals: Floats  # (P, 3) unit

    def moved(self, by: "Similarity") -> "Samples":
        return Samples(by.scale * self.points @ by.rotation.T + by.shift, self.normals @ by.rotation.T)


class SurfaceSamples(NamedTuple):
    """What was drawn of a mesh."""

    exterior: Samples
    every: Samples
    share: float  # of the area that is exterior


class Similarity(NamedTuple):
    """x → scale · rotation · x + shift."""

    scale: float
    rotation: Floats  # (3, 3)
    shift: Floats  # (3,)

    @property
    def degrees(self) -> float:
        """How far it turns."""
        return float(np.degrees(np.arccos(np.clip((np.trace(self.rotation) - 1) / 2, -1, 1))))


def samples(mesh: ScoredMesh, count: int, seed: int) -> Samples:
    """``count`` points even by area: one in each of as many equal strips of it."""
    draw = np.random.default_rng(seed)
    length = np.linalg.norm(mesh.face_normals, axis=1)
    below = np.cumsum(length)
    strips = (np.arange(count) + draw.random(count)) / count * below[-1]
    face = np.searchsorted(below, strips).clip(0, len(length) - 1)
    u, v = draw.random(count), draw.random(count)
    outside = u + v > 1
    u[outside], v[outside] = 1 - u[outside], 1 - v[outside]
    a, b, c = mesh.corners[face].swapaxes(0, 1)
    points = a + u[:, None] * (b - a) + v[:, None] * (c - a)
    return Samples(points, mesh.face_normals[face] / np.maximum(length[face], 1e-20)[:, None])


def surface_samples(mesh: ScoredMesh, rays: RayCaster, count: int, seed: int) -> SurfaceSamples:
    """Points of the whole surface, and as many of its outside: those that are too few are drawn once more."""
    every = samples(mesh, count, seed)
    seen = rays.exterior(every.points)
    share = float(seen.mean())
    points, normals = every.points[seen], every.normals[seen]
    if _NOTHING < share < _WHOLE:
        wanted = count * (1 / share - 1) / share * 1.1 + 1000
        more = samples(mesh, int(min(4 * count, wanted)), seed + 1000)
        seen = rays.exterior(more.points)
        points = np.concatenate([points, more.points[seen]])[:count]
        normals = np.concatenate([normals, more.normals[seen]])[:count]
    return SurfaceSamples(Samples(points, normals), every, share)


def between_points(made: Samples, true: Samples) -> Figures:
    """Chamfer distance, its two halves, and F-scores, from sample to sample: two sets of one surface are not at 0."""
    to_true, _ = cKDTree(true.points).query(made.points, workers=-1)
    to_made, _ = cKDTree(made.points).query(true.points, workers=-1)
    accuracy, completeness = float(to_true.mean()), float(to_made.mean())
    figures = {"chamfer": (accuracy + completeness) / 2, "accuracy": accuracy, "completeness": completeness}
    for near in NEAR:
        precision, recall = float((to_true < near).mean()), float((to_made < near).mean())
        figures[f"fscore@{near}"] = 2 * precision * recall / max(precision + recall, 1e-12)
    return figures


def between_surfaces(made: Samples, made_mesh: ScoredMesh, true: Samples, true_mesh: ScoredMesh) -> Figures:
    """Chamfer distance from samples to the other mesh's triangles, 0 for one surface, and how normals agree there."""
    accuracy, forth = _onto(made, true_mesh)
    completeness, back = _onto(true, made_mesh)
    return {"chamfer_surface": (accuracy + completeness) / 2, "normal_consistency": (forth + back) / 2}


def _onto(found: Samples, mesh: ScoredMesh) -> tuple[float, float]:
    """Mean distance to a mesh, and mean absolute cosine with the normal of its nearest face."""
    distance, face = TriangleTree(mesh.corners).nearest(found.points)
    normals = mesh.face_normals[face]
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
    return float(distance.mean()), float(np.abs((found.normals * normals).sum(1)).mean())


def aligned(made: Samples, true: Samples) -> Similarity:
    """The similarity that brings samples nearest to others, by pairs in both directions (ICP, Besl and McKay 1992).

    One direction alone lets the scale collapse.  It starts where they lie and from equal middles and spreads; the
    better end is taken.
    """
    draw = np.random.default_rng(0)
    source, target = (found.points[draw.permutation(len(found.points))[:_ALIGNED_BY]] for found in (made, true))
    tree = cKDTree(target)
    scale = _spread(target) / max(_spread(source), 1e-9)
    starts = (
        Similarity(1.0, np.eye(3), np.zeros(3)),
        Similarity(scale, np.eye(3), target.mean(0) - scale * source.mean(0)),
    )
    best, least = starts[0], np.inf
    for start in starts:
        now, last = start, np.inf
        for _ in range(_MOST_STEPS):
            moved = now.scale * source @ now.rotation.T + now.shift
            to_target, nearest = tree.query(moved, workers=-1)
            to_moved, partner = cKDTree(moved).query(target, workers=-1)
            error = (to_target.mean() + to_moved.mean()) / 2
            if error < least:
                best, least = now, error
            if last - error < _STILL:
                break
            last = error
            now = fitted(np.concatenate([source, source[partner]]), np.concatenate([target[nearest], target]))
    return best


def fitted(source: Floats, target: Floats) -> Similarity:
    """The similarity of the least squared distances between pairs (P, 3) (Umeyama 1991)."""
    source_middle, target_middle = source.mean(0), target.mean(0)
    x, y = source - source_middle, target - target_middle
    left, spread, right = np.linalg.svd(y.T @ x / len(source))
    sign = np.diag([1, 1, np.sign(np.linalg.det(left @ right))])
    rotation = left @ sign @ right
    scale = float(np.trace(np.diag(spread) @ sign) / x.var(0).sum())
    return Similarity(scale, rotation, target_middle - scale * rotation @ source_middle)


def _spread(points: Floats) -> float:
    return float(np.sqrt(((points - points.mean(0)) ** 2).sum(1).mean()))
