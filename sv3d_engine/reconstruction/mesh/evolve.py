"""The explicit part of the fine stage: vertices move until frames agree about surface patches and outlines fit.

Each round solves one sparse system for a displacement along the normals (Gauss–Newton), so that a few rounds do what
hundreds of gradient steps would: where the surface is textured, frames are compared along the normals (a plane sweep,
as in multi-view stereo); at outlines the silhouettes pull; elsewhere a thin plate carries on what is known.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d, normalize

from ...ground.progress import Progress
from ...orbit.cameras import CameraOrbit, pixel_size, project, projection_matrices
from ..frames.frames import Frames
from ..frames.photo_consistency import RADIUS, SPACING, photo_consistency, top_offset
from ..frames.photo_consistency_ref import UNKNOWN
from ..render.antialias import mesh_edges
from ..render.rasterize import depth_map, vertex_normals
from .outline import outline_distances, outline_targets
from .smoothness import REFERENCE_EDGE, balanced_displacement, connectivity, slide, smooth, stiffness

TURNS = 4  # of outlines and smoothness after each sweep
REACH = 0.0145  # world units on either side of the surface that a sweep looks at
STEP = 0.5  # pixels between two looks
VIEWS = 6  # frames that see a patch best
FACING = 0.3  # least cosine between a patch and a frame that it is compared in
BATCH = 8192  # vertices compared at once: under a second, so that Cancel is heard
ASIDE, ELSEWHERE = 0.0036, 0.005  # world units from a match: where frames must disagree a little, and may not agree
HIDDEN = 0.02  # world units that surface must lie before a point to hide it

PHOTO_WEIGHT, OUTLINE_WEIGHT = 20.0, 1.0  # the first for vertices REFERENCE_EDGE apart
OUTLIERS = (0.006, 0.003, 0.0015)  # world units: what is wanted counts less beyond, round by round (Geman & McClure)
SLIDE = 0.3
SMOOTHED = 3  # rounds that the grid's stairs are smoothed by


@dataclass(frozen=True)
class Match:
    """Where frames agree best along each vertex's normal, and in [0, 1] how far that can be trusted."""

    displacement: Tensor  # (V,) world units
    trust: Tensor  # (V,)


def evolve(vertices: Tensor, faces: Tensor, frames: Frames, sweeps: int, progress: Progress) -> Tensor:  # (V, 3)
    """Move a closed mesh, vertices (V, 3) and faces (F, 3), onto what the frames show.  On the CPU, deterministic.

    Without ``sweeps`` it stays as it is; once the progress is ``finishing``, no further one begins.  Raises Cancelled.
    """
    if not sweeps or progress.finishing:
        return vertices
    size, orbit = frames.alpha.shape[-1], frames.orbit
    pictures = frames.premultiplied()
    cameras, distances = projection_matrices(orbit, size), outline_distances(frames.alpha, progress.part(0.0, 0.1))
    edges, mesh = mesh_edges(faces), connectivity(faces, len(vertices))
    edge = float((vertices[edges.vertices[:, 0]] - vertices[edges.vertices[:, 1]]).norm(dim=-1).mean())
    vertices = smooth(vertices, faces, mesh, edge, SMOOTHED)
    photo = PHOTO_WEIGHT * (edge / REFERENCE_EDGE) ** 2
    for sweep in range(sweeps):
        if progress.finishing:
            break
        now = progress.part(0.1 + 0.9 * sweep / sweeps, 0.1 + 0.9 * (sweep + 1) / sweeps)
        start, along = vertices, _normals(vertices, faces)
        match = matched(vertices, along, faces, orbit, cameras, pictures, now.part(0.0, 0.5))
        for turn in range(TURNS):
            normals = _normals(vertices, faces)
            outline = outline_targets(vertices, normals, faces, edges, mesh, orbit, cameras, distances)
            left = match.displacement - ((vertices - start) * along).sum(-1)
            pull = OUTLINE_WEIGHT * outline.weight
            trust, held = match.trust, stiffness(vertices, normals, mesh, edge)
            for scale in (*OUTLIERS, None):
                weight = photo * trust + pull
                wanted = (photo * trust * left + pull * outline.displacement) / weight.clamp_min(1e-9)
                step = balanced_displacement(held, wanted, weight)
                if scale is not None:
                    trust = match.trust / (1 + ((left - step) / scale).square()).square()
            vertices = slide(vertices + step[:, None] * normals, normals, mesh, SLIDE)
            now(0.5 + 0.5 * (turn + 1) / TURNS, "Fitting the outlines")
    return vertices


def matched(
    vertices: Tensor,
    normals: Tensor,
    faces: Tensor,
    orbit: CameraOrbit,
    cameras: Tensor,
    pictures: Tensor,
    progress: Progress,
) -> Match:
    """Sweep every vertex's patch along its normal."""
    size = pictures.shape[1]
    pixel = pixel_size(orbit, size)
    step = min(STEP * pixel, ASIDE / 2)  # or a peak's sides are not seen in small frames
    reach = max(4, round(REACH / step))
    offsets = torch.arange(-reach, reach + 1) * step
    order = best_views(vertices, normals, faces, orbit, size, progress.part(0.0, 0.2))
    scores = []
    for part in torch.arange(len(vertices)).split(BATCH):
        progress(0.2 + 0.8 * int(part[0]) / len(vertices), "Comparing the frames")
        place = (vertices[part], normals[part], cameras, pictures, order[part])
        scores.append(photo_consistency(*place, offsets, RADIUS, SPACING * pixel))
    return peak(torch.cat(scores), step, (order >= 0).sum(1) - 1)


def best_views(
    vertices: Tensor, normals: Tensor, faces: Tensor, orbit: CameraOrbit, size: int, progress: Progress
) -> Tensor:
    """The frames that see each vertex most squarely, best first: (V, VIEWS) int64, −1 where there are no more."""
    facing = []
    for index, position in enumerate(orbit.on(vertices.device)[0]):
        progress(index / len(orbit.views), "Comparing the frames")
        screen = project(vertices, orbit, index, size)
        nearest = -max_pool2d(-depth_map(screen, faces, size)[None], 3, 1, 1)[0]
        column, row = screen[:, :2].floor().long().clamp(0, size - 1).unbind(-1)
        cosine = (normalize(position - vertices, dim=-1) * normals).sum(-1)
        facing.append(torch.where(screen[:, 2] < nearest[row, column] + HIDDEN, cosine, -1.0))
    cosine, order = torch.stack(facing, 1).sort(1, descending=True)
    return torch.where(cosine > FACING, order, -1)[:, :VIEWS].contiguous()


def peak(scores: Tensor, step: float, others: Tensor) -> Match:
    """The best offset, to a fraction of ``step``, of scores (V, K), where ``others`` (V,) frames were compared.

    A match is trusted if frames agree there, disagree a little aside, agree nowhere else as well, and are many:
    each of these tells large errors from small ones on true surfaces.
    """
    count = scores.shape[1]
    best = scores.argmax(1)
    inner = (best > 0) & (best < count - 1) & (scores > UNKNOWN).all(1)
    at = best.clamp(1, count - 2)[:, None]
    here, fraction = scores.gather(1, at)[:, 0], top_offset(scores, at[:, 0])
    beside = torch.maximum(*(_between(scores, at[:, 0] + fraction + side / step) for side in (-ASIDE, ASIDE)))
    distance = (torch.arange(count) - at).abs() * step
    elsewhere = scores.masked_fill(distance < ELSEWHERE, UNKNOWN).amax(1)
    trust = (
        ((here - 0.5) / 0.4).clamp(0, 1)
        * ((here - beside - 0.008) / 0.05).clamp(0, 1)
        * ((here - elsewhere) / 0.1).clamp(0, 1)
        * ((others - 1) / 3).clamp(0, 1)
    )
    return Match((at[:, 0] - count // 2 + fraction) * step, torch.where(inner, trust, 0.0))


def _between(scores: Tensor, at: Tensor) -> Tensor:  # (V, K), (V,) -> (V,)
    """Scores at fractions of a step, as straight lines between them."""
    low = at.floor().clamp(0, scores.shape[1] - 2)
    near, far = (scores.gather(1, low.long()[:, None] + d)[:, 0] for d in (0, 1))
    return torch.lerp(near, far, (at - low).clamp(0, 1))


def _normals(vertices: Tensor, faces: Tensor) -> Tensor:  # (V, 3)
    return vertex_normals(vertices, faces).nan_to_num()
