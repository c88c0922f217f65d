"""Score distillation: how an orbit's latents should change for the network to find them likelier.

Poole et al. 2023, "DreamFusion", eq. 3, for a network that answers with clean latents at a noise level σ (EDM).
"""

import math

import torch
from torch import Tensor

from ...sv3d.diffusion.denoiser import Denoise


def draw_level(quietest: float, noisiest: float, draw: torch.Generator) -> float:
    """A noise level σ, evenly drawn in its logarithm."""
    share = float(torch.rand((), generator=draw))
    return math.exp(math.log(quietest) + share * (math.log(noisiest) - math.log(quietest)))


def weight(sigma: float) -> float:
    """w(t): the variance of the noise where noise and picture together have that of one, as in DreamFusion."""
    return sigma * sigma / (1 + sigma * sigma)


def score_gradient(latents: Tensor, noise: Tensor, sigma: float, denoise: Denoise) -> Tensor:  # (21, 4, h, w)
    """w(t)·(ε_φ − ε) of an orbit's latents (21, 4, h, w) in the diffusion's scale; no gradient goes through it.

    ``noise`` is standard normal.  The network, which predicts v, answers with clean latents D: the noise that it sees
    is (z + σ·ε − D)/σ, so that ε_φ − ε = (z − D)/σ.
    """
    with torch.no_grad():
        clean = denoise((latents + sigma * noise)[None], sigma)[0]
    return weight(sigma) / sigma * (latents - clean)
