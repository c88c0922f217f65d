"""Where along its normal each vertex should lie: its patch is swept to where the frames that see it agree best."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d, normalize

from ...ground.progress import Progress
from ...orbit.cameras import CameraOrbit, pixel_size, project, projection_matrices
from ..frames.photo_consistency import RADIUS, SPACING, photo_consistency, top_offset
from ..frames.photo_consistency_ref import UNKNOWN
from ..render.rasterize import depth_map

REACH = 0.0145  # world units on either side of the surface that a sweep looks at
STEP = 0.5  # pixels between two looks
VIEWS = 6  # frames that see a patch best
FACING = 0.3  # least cosine between a patch and a frame that it is compared in
BATCH = 8192  # vertices compared at once: under a second, so that Cancel is heard
ASIDE, ELSEWHERE = 0.0036, 0.005  # world units from a match: where frames must disagree a little, and may not agree
HIDDEN = 0.02  # world units that surface must lie before a point to hide it


@dataclass(frozen=True)
class Match:
    """Where frames agree best along each vertex's normal, and in [0, 1] how far that can be trusted."""

    displacement: Tensor  # (V,) world units
    trust: Tensor  # (V,)


def matched(
    vertices: Tensor,  # (V, 3)
    normals: Tensor,  # (V, 3)
    orbit: CameraOrbit,
    pictures: Tensor,  # (N, S, S, 4) premultiplied
    order: Tensor,  # (V, VIEWS) as best_views gives it
    progress: Progress,
) -> Match:
    """Sweep every vertex's patch along its normal, within REACH."""
    step = min(STEP * pixel_size(orbit, pictures.shape[1]), ASIDE / 2)  # or small frames do not show a peak's sides
    reach = max(4, round(REACH / step))
    offsets = torch.arange(-reach, reach + 1) * step
    return peak(sweep(vertices, normals, orbit, pictures, order, offsets, progress), step, (order >= 0).sum(1) - 1)


def sweep(
    vertices: Tensor,
    normals: Tensor,
    orbit: CameraOrbit,
    pictures: Tensor,
    order: Tensor,
    offsets: Tensor,  # (K,) world units
    progress: Progress,
) -> Tensor:  # (V, K)
    """How well the frames in each vertex's ``order`` agree on its patch, moved by each of ``offsets``."""
    size = pictures.shape[1]
    cameras, spacing = projection_matrices(orbit, size), SPACING * pixel_size(orbit, size)
    scores = []
    for part in torch.arange(len(vertices)).split(BATCH):
        progress(int(part[0]) / len(vertices), "Comparing the frames")
        place = (vertices[part], normals[part], cameras, pictures, order[part])
        scores.append(photo_consistency(*place, offsets, RADIUS, spacing))
    return torch.cat(scores)


def best_views(
    vertices: Tensor, normals: Tensor, faces: Tensor, orbit: CameraOrbit, size: int, progress: Progress
) -> Tensor:
    """The frames that see each vertex most squarely, best first: (V, VIEWS) int64, −1 where there are no more.

    A frame of less weight comes later, as one that looks less squarely.
    """
    facing = []
    for index, position in enumerate(orbit.on(vertices.device)[0]):
        progress(index / len(orbit.views), "Comparing the frames")
        screen = project(vertices, orbit, index, size)
        nearest = -max_pool2d(-depth_map(screen, faces, size)[None], 3, 1, 1)[0]
        column, row = screen[:, :2].floor().long().clamp(0, size - 1).unbind(-1)
        cosine = orbit.views[index].weight * (normalize(position - vertices, dim=-1) * normals).sum(-1)
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
