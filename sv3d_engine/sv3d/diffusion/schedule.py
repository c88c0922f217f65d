"""Noise levels to sample at."""

import torch
from torch import Tensor

SIGMA_MAX, SIGMA_MIN, RHO = 700.0, 0.002, 7.0

# AlignYourSteps' ten steps for SVD (Sabour et al. 2024).
_AYS_SIGMAS = (700.0, 54.5, 15.886, 7.977, 4.248, 1.789, 0.981, 0.403, 0.173, 0.034)


def edm_sigmas(steps: int) -> Tensor:  # (steps + 1,)
    """Karras et al. 2022, eq. 5: from SIGMA_MAX to SIGMA_MIN with ρ = 7, then 0; float32, made in double precision."""
    ramp = torch.linspace(0, 1, steps, dtype=torch.float64)
    high, low = SIGMA_MAX ** (1 / RHO), SIGMA_MIN ** (1 / RHO)
    return _ended((high + ramp * (low - high)) ** RHO)


def ays_sigmas(steps: int) -> Tensor:  # (steps + 1,)
    """AlignYourSteps' schedule for SVD; other counts than ten are interpolated in log σ."""
    known = torch.tensor(_AYS_SIGMAS, dtype=torch.float64).log()
    place = torch.linspace(0, len(known) - 1, steps, dtype=torch.float64)
    left = place.floor().long().clamp(max=len(known) - 2)
    return _ended(torch.lerp(known[left], known[left + 1], place - left).exp())


def _ended(sigmas: Tensor) -> Tensor:
    return torch.cat([sigmas, torch.zeros(1, dtype=sigmas.dtype)]).float()
