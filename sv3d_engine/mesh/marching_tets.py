"""Marching tetrahedra: distances on a tetrahedral grid to triangles, differentiable in both (DMTet, Shen 2021)."""

import torch
from torch import Tensor

from .tet_grid import EDGE_CORNERS, TetGrid


def _case_table() -> Tensor:  # (16, 2, 3) local edges of up to two triangles, −1 where there is none
    """Triangles of every sign pattern (bit i: corner i inside), wound so that their normal points outside."""
    corners = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])  # a positively oriented tetrahedron
    middles = torch.stack([(corners[a] + corners[b]) / 2 for a, b in EDGE_CORNERS])
    table = torch.full((16, 2, 3), -1)
    for case in range(1, 15):
        inside = [bool(case >> i & 1) for i in range(4)]
        crossed = [e for e, (a, b) in enumerate(EDGE_CORNERS) if inside[a] != inside[b]]
        within = [i for i in range(4) if inside[i]]
        outward = corners[[i for i in range(4) if not inside[i]]].mean(0) - corners[within].mean(0)
        if len(crossed) == 4:  # neighbours round the quad share a corner of the tetrahedron
            first, *rest = crossed
            across = next(e for e in rest if not set(EDGE_CORNERS[e]) & set(EDGE_CORNERS[first]))
            side, other = (e for e in rest if e != across)
            triangles = [[first, side, across], [first, across, other]]
        else:
            triangles = [crossed]
        for slot, (a, b, c) in enumerate(triangles):
            normal = torch.linalg.cross(middles[b] - middles[a], middles[c] - middles[a])
            table[case, slot] = torch.tensor([a, b, c] if normal @ outward > 0 else [a, c, b])
    return table


CASES = _case_table()


def marching_tets(positions: Tensor, distance: Tensor, grid: TetGrid) -> tuple[Tensor, Tensor]:
    """The zero level as triangles: vertices (V, 3), differentiable, and faces (F, 3), normals towards positive.

    positions (N, 3), the grid's vertices where they have been moved to; distance (N,), negative inside.
    """
    inside = distance < 0
    crossed = inside[grid.edges[:, 0]] != inside[grid.edges[:, 1]]
    active = crossed.nonzero()[:, 0]
    number = crossed.cumsum(0) - 1
    start, end = grid.edges[active].unbind(-1)
    d0, d1 = distance.index_select(0, start), distance.index_select(0, end)
    share = d0 / (d0 - d1)
    first, second = positions.index_select(0, start), positions.index_select(0, end)
    vertices = first + share[:, None] * (second - first)

    a, b, c, d = (inside.byte().index_select(0, corner) << i for i, corner in enumerate(grid.tets.unbind(1)))
    case = (a | b | c | d).long()
    cut = ((case > 0) & (case < 15)).nonzero()[:, 0]
    local = CASES.to(distance.device)[case[cut]]  # (K, 2, 3)
    edges = grid.tet_edges[cut][:, None].expand(-1, 2, -1).gather(2, local.clamp_min(0))
    return vertices, number[edges[local[..., 0] >= 0]]
