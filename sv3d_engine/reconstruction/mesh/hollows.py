"""Hollows that the surface still fills: frames agree on patches far below it, and on all those around them.

One such patch says little: what a glossy surface mirrors seems to lie deep behind it.  But mirrored light seems to lie
at another depth for each frame and place, and the bottom of a hollow does not.  On true frames of a basket all of
8,600 patches with SUPPORTED neighbours were right; on six objects with small hollows or none they were 3 to 110, of
which 20 to 100 % were right, where of all such patches alone 12 to 60 % were.
"""

import numpy as np
import torch
from torch import Tensor

from ...ground.progress import Progress
from ...orbit.cameras import pixel_size
from ..frames.frames import Frames
from ..frames.photo_consistency import top_offset
from .matching import REACH, STEP, Match, sweep
from .smoothness import Connectivity

FRAME_SIZE = 288  # pixels along a side that larger frames are averaged down to
DEPTH, ABOVE = 0.06, 0.015  # world units below and above the surface that are looked at
COMPARED = 2  # least number of other frames
AGREEMENT, UNIQUENESS = 0.6, 0.05  # least correlation, and how much less it must be at any other depth
APART = 0.0125  # world units from which a depth is another
SAME_DEPTH = 0.004  # world units that neighbours may differ by
RINGS = 3  # of neighbours that are asked
SUPPORTED = (0.6, 0.8)  # share of them that agree: from where the match counts, and where wholly


def with_hollows(
    match: Match,
    vertices: Tensor,  # (V, 3)
    normals: Tensor,  # (V, 3)
    mesh: Connectivity,
    frames: Frames,
    order: Tensor,  # (V, VIEWS) as best_views gives it
    progress: Progress,
) -> Match:
    """``match``, but into the hollows where frames and neighbours agree on them."""
    small = frames.shrunk(FRAME_SIZE)
    step = STEP * pixel_size(small.orbit, small.alpha.shape[-1])
    offsets = torch.arange(-round(DEPTH / step), round(ABOVE / step) + 1) * step
    scores = sweep(vertices, normals, small.orbit, small.premultiplied(), order, offsets, progress)
    best = scores.argmax(1)
    inner = best.clamp(1, len(offsets) - 2)
    depth = offsets[inner] + top_offset(scores, inner) * step
    apart = (offsets - offsets[best][:, None]).abs() > APART
    here, elsewhere = scores.amax(1), scores.where(apart, -torch.inf).amax(1)
    sure = (best == inner) & (here > AGREEMENT) & (here - elsewhere > UNIQUENESS)
    deep = sure & (depth < -REACH) & ((order >= 0).sum(1) > COMPARED)
    least, whole = SUPPORTED
    trust = ((support(deep, depth, mesh, max(SAME_DEPTH, step)) - least) / (whole - least)).clamp(0, 1)
    found = trust > 0
    return Match(torch.where(found, depth, match.displacement), torch.where(found, trust, match.trust))


def support(deep: Tensor, depth: Tensor, mesh: Connectivity, same: float) -> Tensor:  # (V,), (V,) -> (V,)
    """The share of each vertex's neighbours that are ``deep``, too, and at the ``same`` depth; near ones count more."""
    weights = mesh.averaging
    for _ in range(RINGS - 1):
        weights = weights @ mesh.averaging
    around = weights.tocoo()
    row, column = around.row.astype(np.int64), around.col.astype(np.int64)
    is_deep, depths = deep.numpy(), depth.double().numpy()
    agrees = is_deep[row] & is_deep[column] & (np.abs(depths[row] - depths[column]) < same)
    return torch.from_numpy(np.bincount(row[agrees], around.data[agrees], len(depths))).float()
