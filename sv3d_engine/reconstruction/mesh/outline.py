"""Where the frames' outlines want the surface: displacements of the vertices that make its own outline."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from ...ground.progress import Progress
from ...orbit.cameras import CameraOrbit, pixel_size, project
from ..render.antialias import Edges, screen_facing
from ..render.rasterize import visible_faces
from .smoothness import Connectivity

_UPSAMPLED = 2  # pixels of the distance maps per pixel of a frame along each side
_AHEAD = 0.8  # pixels beyond an outline where nothing of the mesh may be seen
_STEEP = 0.7  # share of a pixel's size that a step along the normal must move the outline by
_FURTHEST = 4.0  # pixels that one outline may ask for at once
_USUAL_EDGE = 3.0  # pixels: an edge this long on the screen has weight 1
_DISAGREEMENT = 1.0  # pixels, standard deviation: true frames have about a third, contradictory ones 1.5
_NEIGHBOURHOOD = 3  # rings that it is measured over


def outline_distances(alpha: Tensor, progress: Progress) -> Tensor:  # (N, S, S) -> (N, 2S, 2S)
    """Signed distance in pixels to each silhouette's outline, where alpha is ½; negative inside."""
    maps = []
    for index, frame in enumerate(alpha.cpu()):
        progress(index / len(alpha), "Looking at the outlines")
        large = interpolate(frame[None, None], scale_factor=_UPSAMPLED, mode="bilinear", align_corners=False)[0, 0]
        inside = (large > 0.5).numpy()
        outer, inner = ndimage.distance_transform_edt(~inside), ndimage.distance_transform_edt(inside)
        signed = np.where(inside, 0.5 - inner, outer - 0.5) / _UPSAMPLED
        maps.append(torch.from_numpy(ndimage.gaussian_filter(signed, _UPSAMPLED / 2).astype(np.float32)))
    return torch.stack(maps)


@dataclass
class Wanted:
    """Displacements along the vertices' normals that are asked for, and how much weight each has."""

    displacement: Tensor  # (V,) world units
    weight: Tensor  # (V,)


def outline_targets(
    vertices: Tensor,  # (V, 3)
    normals: Tensor,  # (V, 3)
    faces: Tensor,  # (F, 3)
    edges: Edges,
    mesh: Connectivity,
    orbit: CameraOrbit,
    cameras: Tensor,  # (N, 3, 4) world to pixels, homogeneous
    distances: Tensor,  # (N, 2S, 2S) as outline_distances gives them
) -> Wanted:
    """How far vertices on the mesh's outline are from the frames': mean over frames, by their weight and the length.

    Where frames contradict each other the weight falls: each pulling at its own outline would fray the surface.

    An edge counts where one of its faces looks at the camera and the other away, and nothing of the mesh is seen just
    beyond it: where surface lies behind, the silhouette says nothing about it.
    """
    size = distances.shape[-1] // _UPSAMPLED
    pixel = pixel_size(orbit, size)
    weight, total, square = vertices.new_zeros(3, len(vertices)).unbind()
    for index in range(len(distances)):
        screen = project(vertices, orbit, index, size)
        covered = visible_faces(screen, faces, size, size) >= 0
        facing = screen_facing(screen, faces)
        sides = facing[edges.faces.clamp_min(0)] & (edges.faces >= 0)
        ends = edges.vertices[(sides[:, 0] != sides[:, 1]) & (edges.faces[:, 1] >= 0)]
        start, end = screen[ends].unbind(1)
        middle, length = (start + end)[:, :2] / 2, (start - end)[:, :2].norm(dim=-1)
        normal = torch.nn.functional.normalize(normals[ends].sum(1), dim=-1)
        outward = _screen_motion(vertices[ends].mean(1), normal, cameras[index])  # pixels a world unit
        ahead = middle + _AHEAD * torch.nn.functional.normalize(outward, dim=-1)
        column, row = ahead.floor().long().clamp(0, size - 1).unbind(-1)
        distance, gradient = _look_up(distances[index], middle)
        slope = gradient.norm(dim=-1)
        speed = (gradient * outward).sum(-1) / slope.clamp_min(1e-3)
        usable = (slope > 0.5) & (speed > _STEEP / pixel) & ~covered[row, column]
        step = -distance.clamp(-_FURTHEST, _FURTHEST) / speed.clamp_min(_STEEP / pixel)
        share = orbit.views[index].say * usable * (length / _USUAL_EDGE).clamp(0.1, 2.0)
        for end_ in ends.unbind(1):
            weight.index_add_(0, end_, share)
            total.index_add_(0, end_, share * step)
            square.index_add_(0, end_, share * step.square())
    agreed = _agreement(torch.stack([weight, total, square], 1), mesh, _DISAGREEMENT * pixel)
    return Wanted(total / weight.clamp_min(1e-9), weight * agreed)


def _agreement(moments: Tensor, mesh: Connectivity, usual: float) -> Tensor:  # (V, 3) -> (V,)
    """1 where outlines ask for much the same around a vertex, falling to 0 where frames contradict each other.

    ``moments`` of what is asked for at each vertex: weight, and weighted sums of the displacement and its square.
    """
    around = moments.double().numpy()
    for _ in range(_NEIGHBOURHOOD):
        around = mesh.averaging @ around
    mean, square = (around[:, 1:] / np.maximum(around[:, :1], 1e-9)).T
    variance = np.maximum(square - mean**2, 0)
    return torch.from_numpy((1 + variance / usual**2) ** -2).to(moments)


def _screen_motion(points: Tensor, normals: Tensor, camera: Tensor) -> Tensor:  # (E, 3), (E, 3), (3, 4) -> (E, 2)
    """How a point's place on the screen moves as the point moves along its normal, in pixels a world unit."""
    here = points @ camera[:, :3].T + camera[:, 3]
    change = normals @ camera[:, :3].T
    depth = here[:, 2:]
    return (change[:, :2] - here[:, :2] / depth * change[:, 2:]) / depth


def _look_up(distances: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
    """Distance (E,) at places (E, 2) in pixels, and its gradient (E, 2) by central differences of a pixel."""
    size = distances.shape[-1] / _UPSAMPLED
    steps = torch.tensor([[0.0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]], device=places.device)
    grid = (places + steps[:, None]) / size * 2 - 1  # (5, E, 2)
    here, right, left, below, above = grid_sample(
        distances[None, None], grid[None], padding_mode="border", align_corners=False
    )[0, 0]
    return here, torch.stack([right - left, below - above], -1) / 2
