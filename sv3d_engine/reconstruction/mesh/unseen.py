"""Values for what no frame shows: carried on over the mesh from what is seen, never invented."""

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from .smoothness import adjacent

KNOWN = 0.1  # evidence from which a vertex keeps to its own value
BLUR = 0.02  # weight of a neighbour beside evidence 1
ROUNDS = 40  # of averaging; the start is near enough for that


def fill_unseen(values: Tensor, evidence: Tensor, vertices: Tensor, faces: Tensor) -> Tensor:  # (V, C)
    """``values`` (V, C), harmonic over the mesh where ``evidence`` (V,) in [0, 1] is low (Dirichlet's problem).

    Solved by Jacobi's rounds from the nearest known vertices' values: what lies far from all that is seen, or on a
    part of its own, keeps these.  Without any evidence the values stay as they are.
    """
    weight = evidence.numpy()
    known = weight > KNOWN
    if not known.any():
        return values
    own = np.where(known, weight, 0)[:, None]
    given = np.where(known[:, None], values.numpy(), 0)
    filled = given.copy()
    _, nearest = cKDTree(vertices[known].numpy()).query(vertices[~known].numpy())
    filled[~known] = given[known][nearest]
    joined = adjacent(faces, len(vertices))
    degree = np.asarray(joined.sum(1)).reshape(-1, 1)
    total = np.maximum(own + BLUR * degree, 1e-12)
    lonely = (own + degree)[:, 0] == 0
    for _ in range(ROUNDS):
        filled[~lonely] = ((own * given + BLUR * (joined @ filled)) / total)[~lonely]
    return torch.from_numpy(filled.astype(np.float32))
