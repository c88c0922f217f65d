"""What holds a mesh together where no frame tells: a membrane on its displacement, and a thin plate on its shape."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import cg
from torch import Tensor

from ..render.rasterize import vertex_normals

REFERENCE_EDGE = 0.0095  # world units: the mean edge at which the weights below were found
MEMBRANE = 1.0
THIN_PLATE = 10.0
CREASE = 8.0  # times the usual bend of a vertex from its neighbours' mean: where the plate begins to give way
SHARPEST, BLUNTEST = 0.0001, 0.0015  # world units that this stays between
INERTIA = 0.01  # weight of staying where it is: what keeps unseen parts from drifting
_TOLERANCE, _ITERATIONS = 1e-3, 200  # of the conjugate gradients
_STAIRS = 3.0  # times as much bend as noise has is taken away at first
_TAUBIN = (0.5, -0.52)  # smooths without shrinking (Taubin 1995)


@dataclass(frozen=True)
class Connectivity:
    """Sparse matrices of a mesh's edges; (V, V)."""

    umbrella: sparse.csr_matrix  # I − D⁻¹A: a vertex less the mean of its neighbours
    stretching: sparse.csr_matrix  # graph Laplacian over the usual valence
    averaging: sparse.csr_matrix  # mean of a vertex and its neighbours


def connectivity(faces: Tensor, count: int) -> Connectivity:  # (F, 3)
    """Of a closed mesh with ``count`` vertices."""
    adjacency = adjacent(faces, count)
    valence = np.asarray(adjacency.sum(1)).ravel()
    own = sparse.identity(count, format="csr")
    umbrella = own - sparse.diags(1 / np.maximum(valence, 1)) @ adjacency
    stretching = (sparse.diags(valence) - adjacency) / 6
    averaging = sparse.diags(1 / (valence + 1)) @ (adjacency + own)
    return Connectivity(umbrella.tocsr(), stretching.tocsr(), averaging.tocsr())


def adjacent(faces: Tensor, count: int) -> sparse.csr_matrix:  # (F, 3) -> (V, V)
    """1 where an edge joins two vertices."""
    start, end = faces.numpy().ravel(), faces.roll(-1, 1).numpy().ravel()
    rows, columns = np.concatenate([start, end]), np.concatenate([end, start])
    joined = sparse.coo_matrix((np.ones(len(rows)), (rows, columns)), (count, count)).tocsr()
    joined.data[:] = 1
    return joined


def smooth(vertices: Tensor, faces: Tensor, mesh: Connectivity, edge: float, rounds: int) -> Tensor:  # (V, 3)
    """Take away the stairs of the grid that a surface comes from, and leave its creases."""
    moved = vertices.double().numpy()
    for _ in range(rounds):
        normals = vertex_normals(torch.from_numpy(moved), faces).nan_to_num().numpy()
        even = evenness(moved, normals, mesh, edge, slack=_STAIRS)[:, None]
        for factor in _TAUBIN:
            moved = moved - factor * even * (mesh.umbrella @ moved)
    return torch.from_numpy(moved).to(vertices)


def evenness(
    x: NDArray[np.float64], n: NDArray[np.float64], mesh: Connectivity, edge: float, slack: float = 1.0
) -> NDArray[np.float64]:  # (V, 3), (V, 3) -> (V,)
    """1 where a surface is bent no more than noise bends it, falling to 0 at creases, as Geman & McClure's weights.

    How much the usual vertex is bent, which is noise for the most part, tells what a crease is: a clean cube keeps its
    edges, and as a rough mesh gets smoother its creases get sharper.
    """
    density = (edge / REFERENCE_EDGE) ** 2  # surface per vertex
    curvature = mesh.umbrella @ x / density
    usual = float(np.median(np.abs((curvature * n).sum(1))))
    bend = np.linalg.norm(mesh.averaging @ curvature, axis=1)
    crease = slack * np.clip(CREASE * usual, SHARPEST, BLUNTEST)
    return np.asarray((1 + (bend / crease) ** 2) ** -2)


def slide(vertices: Tensor, normals: Tensor, mesh: Connectivity, share: float) -> Tensor:  # (V, 3) -> (V, 3)
    """Move vertices along the surface towards the middle of their neighbours, which evens out the triangles."""
    inward = -torch.from_numpy(mesh.umbrella @ vertices.double().numpy()).to(vertices)
    return vertices + share * (inward - (inward * normals).sum(-1, keepdim=True) * normals)


@dataclass(frozen=True)
class Stiffness:
    """A quadratic energy of displacements d along the normals: dᵀ·matrix·d − 2·force·d."""

    matrix: sparse.csr_matrix  # (V, V)
    force: NDArray[np.float64]  # (V,)

    def __add__(self, other: "Stiffness") -> "Stiffness":
        return Stiffness(self.matrix + other.matrix, self.force + other.force)


def stiffness(vertices: Tensor, normals: Tensor, mesh: Connectivity, edge: float) -> Stiffness:
    """MEMBRANE·|∇d|² + THIN_PLATE·w|L(x + d·n)|² + INERTIA·d² of vertices x (V, 3) with unit normals n (V, 3).

    ``edge``, the mean length of the edges, scales the terms so that their balance does not depend on how fine the mesh
    is.  w is the surface's evenness: the plate gives way at creases.
    """
    n, x = normals.double().numpy(), vertices.double().numpy()
    density = (edge / REFERENCE_EDGE) ** 2  # surface per vertex
    plate = sparse.diags(THIN_PLATE / density * evenness(x, n, mesh, edge))
    bending = (mesh.umbrella.T @ plate @ mesh.umbrella).tocoo()
    force = -((bending @ x) * n).sum(1)
    facing = (n[bending.row] * n[bending.col]).sum(1)
    along = sparse.coo_matrix((bending.data * facing, (bending.row, bending.col)), bending.shape)
    inertia = sparse.diags(np.full(len(x), INERTIA * density))
    return Stiffness((inertia + MEMBRANE * mesh.stretching + along.tocsr()).tocsr(), force)


def balanced_displacement(held: Stiffness, wanted: Tensor, weight: Tensor) -> Tensor:  # (V,), (V,) -> (V,)
    """The displacement d that balances Σ weight·(d − wanted)² with stiffness."""
    data = weight.double().numpy()
    matrix = (sparse.diags(data) + held.matrix).tocsr()
    scaling = sparse.diags(1 / matrix.diagonal())
    right = data * wanted.double().numpy() + held.force
    found, _ = cg(matrix, right, rtol=_TOLERANCE, maxiter=_ITERATIONS, M=scaling)
    return torch.from_numpy(found).to(wanted)
