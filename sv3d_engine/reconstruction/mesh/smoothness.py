"""What holds a mesh together where no frame tells: a membrane on its displacement, and a thin plate on its shape."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import cg
from torch import Tensor

REFERENCE_EDGE = 0.0095  # world units: the mean edge at which the weights below were found
MEMBRANE = 1.0
THIN_PLATE = 10.0
CREASE = 0.0015  # bend, world units, of a vertex from its neighbours' mean at which the plate begins to give way
INERTIA = 0.01  # weight of staying where it is: what keeps unseen parts from drifting
_TOLERANCE, _ITERATIONS = 1e-3, 200  # of the conjugate gradients
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


def smooth(vertices: Tensor, mesh: Connectivity, rounds: int) -> Tensor:  # (V, 3) -> (V, 3)
    """Take away the stairs of the grid that a surface comes from."""
    moved = vertices.double().numpy()
    for _ in range(rounds):
        for factor in _TAUBIN:
            moved = moved - factor * (mesh.umbrella @ moved)
    return torch.from_numpy(moved).to(vertices)


def slide(vertices: Tensor, normals: Tensor, mesh: Connectivity, share: float) -> Tensor:  # (V, 3) -> (V, 3)
    """Move vertices along the surface towards the middle of their neighbours, which evens out the triangles."""
    inward = -torch.from_numpy(mesh.umbrella @ vertices.double().numpy()).to(vertices)
    return vertices + share * (inward - (inward * normals).sum(-1, keepdim=True) * normals)


@dataclass(frozen=True)
class Stiffness:
    """A quadratic energy of displacements d along the normals: dᵀ·matrix·d − 2·force·d."""

    matrix: sparse.csr_matrix  # (V, V)
    force: NDArray[np.float64]  # (V,)


def stiffness(vertices: Tensor, normals: Tensor, mesh: Connectivity, edge: float) -> Stiffness:
    """MEMBRANE·|∇d|² + THIN_PLATE·w|L(x + d·n)|² + INERTIA·d² of vertices x (V, 3) with unit normals n (V, 3).

    ``edge``, the mean length of the edges, scales the terms so that their balance does not depend on how fine the mesh
    is.  The plate gives way where it is bent more than noise would bend it (w falls as in Geman & McClure's norm), so
    that creases stay sharp.
    """
    n, x = normals.double().numpy(), vertices.double().numpy()
    density = (edge / REFERENCE_EDGE) ** 2  # surface per vertex
    bend = np.linalg.norm(mesh.averaging @ (mesh.umbrella @ x), axis=1) / density
    plate = sparse.diags(THIN_PLATE / density / (1 + (bend / CREASE) ** 2) ** 2)
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
