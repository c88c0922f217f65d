"""A body-centred cubic grid of tetrahedra in a band around a surface, and its zero level as triangles."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

# The band's half width in cells: how far the surface may travel while the mesh is refined.
BAND_CELLS = 3.0


@dataclass(frozen=True)
class TetGrid:
    """Tetrahedra, all of one orientation, with their edges numbered once."""

    vertices: Tensor  # (N, 3) world
    tets: Tensor  # (T, 4)
    edges: Tensor  # (E, 2)
    tet_edges: Tensor  # (T, 6) in the order of EDGE_CORNERS
    border: Tensor  # (N,) bool: on the band's own surface, where the distance must keep its sign
    spacing: float  # side of the cubic cell in world units


EDGE_CORNERS = tuple(itertools.combinations(range(4), 2))


def _cube_faces(inside: Tensor) -> tuple[Tensor, Tensor]:
    """Faces between two cells of the band: the two cells (K, 2, 3) and the face's corners in ring order (K, 4, 3)."""
    cells, rings = [], []
    for axis in range(3):
        pair = inside.narrow(axis, 0, inside.shape[axis] - 1) & inside.narrow(axis, 1, inside.shape[axis] - 1)
        low = pair.nonzero()
        unit = torch.eye(3, dtype=torch.long, device=inside.device)
        u, v = unit[(axis + 1) % 3], unit[(axis + 2) % 3]
        corner = low + unit[axis]
        cells.append(torch.stack([low, low + unit[axis]], 1))
        rings.append(torch.stack([corner, corner + u, corner + u + v, corner + v], 1))
    return torch.cat(cells), torch.cat(rings)


def band_grid(distance: Callable[[Tensor], Tensor], half_side: float, resolution: int, device: torch.device) -> TetGrid:
    """The tetrahedra of a body-centred cubic lattice that lie near the zero level of ``distance``.

    distance: (P, 3) world points to (P,) signed distances; ``resolution`` cells along the side 2·half_side.  Each
    face between two cells gives four tetrahedra: the two cell centres with each side of the face.
    """
    spacing = 2 * half_side / resolution
    axis = (torch.arange(resolution, device=device) + 0.5) * spacing - half_side
    centres = torch.cartesian_prod(axis, axis, axis)
    inside = (distance(centres).abs() < BAND_CELLS * spacing).reshape(resolution, resolution, resolution)
    cells, rings = _cube_faces(inside)

    # Corners and centres get one integer key each, then consecutive numbers.
    side = resolution + 1
    weights = torch.tensor([side * side, side, 1], device=device)
    centre_key = (cells * weights).sum(-1) + side**3
    corner_key = (rings * weights).sum(-1)
    tet_key = torch.cat(
        [
            torch.stack([centre_key[:, 0], centre_key[:, 1], corner_key[:, i], corner_key[:, (i + 1) % 4]], -1)
            for i in range(4)
        ]
    )
    key, tets = torch.unique(tet_key, return_inverse=True)
    is_centre = key >= side**3
    index = key % side**3
    lattice = torch.stack([index // side**2, index // side % side, index % side], -1)
    vertices = (lattice + 0.5 * is_centre[:, None]) * spacing - half_side

    a, b, c, d = vertices[tets].unbind(1)
    flipped = (torch.linalg.cross(b - a, c - a) * (d - a)).sum(-1) < 0
    tets = torch.where(flipped[:, None], tets[:, [0, 1, 3, 2]], tets)

    corners = torch.tensor(EDGE_CORNERS, device=device)
    ends = tets[:, corners].sort(-1).values  # (T, 6, 2)
    edge_key, tet_edges = torch.unique(ends[..., 0] * len(vertices) + ends[..., 1], return_inverse=True)
    edges = torch.stack([edge_key // len(vertices), edge_key % len(vertices)], -1)

    # Inside the lattice every vertex has 24 tetrahedra.
    border = torch.bincount(tets.reshape(-1), minlength=len(vertices)) < 24
    return TetGrid(vertices, tets, edges, tet_edges, border, spacing)


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


@cache
def _cases(device: torch.device) -> Tensor:  # (16, 2, 3)
    """The table on a device, where it is copied once."""
    return _case_table().to(device)


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
    local = _cases(distance.device)[case[cut]]  # (K, 2, 3)
    edges = grid.tet_edges[cut][:, None].expand(-1, 2, -1).gather(2, local.clamp_min(0))
    return vertices, number[edges[local[..., 0] >= 0]]
