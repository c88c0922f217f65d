"""Told normals as a force on a mesh: an edge lies across the normal at its ends."""

import torch
from scipy import sparse
from torch import Tensor
from torch.nn.functional import grid_sample, normalize

from ...orbit.cameras import frame_coordinates
from ..frames.frames import Frames
from ..losses import agreement
from .smoothness import Stiffness


def told_at(vertices: Tensor, normals: Tensor, frames: Frames, order: Tensor) -> Tensor:  # (V, 4)
    """What ``frames.normals`` tell of each vertex, unit in the world, and how far that can be trusted, 0 to 1.

    vertices (V, 3), normals (V, 3) unit, order (V, K) the frames that see each best, −1 for none.  It is their mean,
    each by its weight, how sure it is, how squarely it looks, and how far it agrees with the surface, as in the loss.
    """
    assert frames.normals is not None
    positions, rotations = frames.orbit.on(vertices.device)
    total, most = torch.zeros_like(vertices), vertices.new_zeros(len(vertices))
    for index, told in enumerate(frames.normals):
        seen = (order == index).any(1).nonzero()[:, 0]
        packed = torch.cat([told[..., :3] * told[..., 3:], told[..., 3:]], -1).permute(2, 0, 1)[None]
        at = frame_coordinates(vertices[seen], frames.orbit, index)
        found = grid_sample(packed, at[None, None], align_corners=False)[0, :, 0].T
        world = normalize(found[:, :3] @ rotations[index], dim=-1)
        facing = (normalize(positions[index] - vertices[seen], dim=-1) * normals[seen]).sum(-1).clamp_min(0)
        trust = frames.orbit.views[index].weight * found[:, 3] * facing
        most[seen] += trust
        total[seen] += (trust * agreement((world * normals[seen]).sum(-1)))[:, None] * world
    length = total.norm(dim=-1)
    return torch.cat([normalize(total, dim=-1), (length / most.clamp_min(1e-6) * most.clamp_max(1))[:, None]], 1)


def slopes(vertices: Tensor, normals: Tensor, edges: Tensor, told: Tensor, weight: float) -> Stiffness:
    """Σ weight·w·(m·(e + d_j n_j − d_i n_i))² over edges e from vertex i to j, (E, 2), m the mean of what is told.

    told (V, 4) as ``told_at`` gives it; w is the lesser trust.  The sum does not depend on how fine the mesh is.
    """
    i, j = edges.unbind(1)
    middle = normalize(told[i, :3] + told[j, :3], dim=-1).double()
    trust = weight * torch.minimum(told[i, 3], told[j, 3]).double()
    ends = [(middle * normals[end]).sum(-1) for end in (i, j)]
    off = (middle * (vertices[j] - vertices[i])).sum(-1)
    count, rows = len(vertices), torch.arange(len(edges))
    entries = torch.cat([-ends[0], ends[1]]), torch.cat([rows, rows]), torch.cat([i, j])
    slope = sparse.csr_matrix((entries[0].numpy(), (entries[1].numpy(), entries[2].numpy())), (len(edges), count))
    weighted = slope.T @ sparse.diags(trust.numpy())
    return Stiffness((weighted @ slope).tocsr(), -(weighted @ off.numpy()))
