"""How each frame was exposed beside the others: its brightness and white balance, told by what all show of one surface.

Frames that a model made, or a camera with automatic exposure, differ by a few percent; texels that take now one and now
another of them show seams.  Gains as in panoramas (Brown & Lowe 2007), for all frames together: round a closed orbit
light that turns with the frames cancels out.
"""

from dataclasses import replace

import torch
from torch import Tensor

from .observations import Observations

POINTS = 8000  # that are compared, at most
DARKEST, CLIPPED = 0.01, 0.9  # linear: what is darker or brighter tells little of an exposure
UNLIKE = 0.08  # natural log: views of one point that differ by more count less, for one of them shows a highlight
ROUNDS = 10
PRIOR = 0.02  # of the evidence of a usual frame, that it is exposed like the others
# Natural log: what is less is left.  True frames of three known objects reach 0.003, 0.006 and 0.029, a real orbit's
# of a matt toy 0.06, of a glossy bag and SV3D-mini's more than 0.25.
LEAST, MOST = 0.04, 0.25


def exposures(seen: Observations, draw: torch.Generator) -> Tensor | None:  # (N, 3)
    """Natural logs of what each frame's colours are to be multiplied by, of mean 0; None where that is hardly any."""
    told = seen.weight * ((seen.colour.amin(-1) > DARKEST) & (seen.colour.amax(-1) < CLIPPED))
    rows = ((told > 0).sum(1) > 1).nonzero()[:, 0]
    if len(rows) > POINTS:
        rows = rows[torch.randperm(len(rows), generator=draw)[:POINTS]]
    if not len(rows):
        return None
    found = torch.stack([_gains(seen.colour[rows, :, c].clamp_min(DARKEST).log(), told[rows]) for c in range(3)], 1)
    return found.clamp(-MOST, MOST) if float(found.abs().max()) > LEAST else None


def _gains(log: Tensor, trust: Tensor) -> Tensor:  # (P, N), (P, N) -> (N,)
    """Iteratively reweighted least squares; each point's own colour is eliminated (Schur complement)."""
    log, trust = log.double(), trust.double()
    gains = torch.zeros(log.shape[1], dtype=torch.float64)
    for _ in range(ROUNDS):
        lit = log + gains
        middle = (trust * lit).sum(1, keepdim=True) / trust.sum(1, keepdim=True)
        weight = trust / (1 + ((lit - middle) / UNLIKE).square())
        share = weight / weight.sum(1, keepdim=True)
        middle = (share * log).sum(1, keepdim=True)
        evidence = weight.sum(0)
        system = torch.diag(evidence) - weight.T @ share
        system = system + torch.diag(PRIOR * evidence.mean().expand_as(evidence))
        gains = torch.linalg.solve(system, (weight * (middle - log)).sum(0))
        gains = gains - gains.mean()
    return gains.float()


def exposed(seen: Observations, gains: Tensor) -> Observations:  # (N, 3)
    """What the frames would show if they were exposed alike."""
    return replace(seen, colour=seen.colour * gains.exp())
