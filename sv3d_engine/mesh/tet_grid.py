"""A body-centred cubic grid of tetrahedra in a band around a surface."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

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
    values = torch.cat([distance(part) for part in centres.split(1 << 18)])
    inside = (values.abs() < BAND_CELLS * spacing).reshape(resolution, resolution, resolution)
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
