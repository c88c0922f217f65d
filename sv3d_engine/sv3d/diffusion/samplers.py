"""Samplers: pure functions from noise to latents.  The callback carries progress, preview and cancel."""

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from .denoiser import Denoise

# (steps done, clean latents as seen now); raises to stop
Watch = Callable[[int, Tensor], None]


def initial(noise: Tensor, sigmas: Tensor) -> Tensor:
    """Standard normal noise at the first noise level, which is that of noise with data of variance 1 in it."""
    return noise * torch.sqrt(1 + sigmas[0].to(noise) ** 2)


def euler(denoise: Denoise, latents: Tensor, sigmas: Tensor, watch: Watch) -> Tensor:
    """Deterministic Euler steps (Karras et al. 2022, algorithm 1 without the second-order part); the reference."""
    levels = sigmas.tolist()
    for i, (sigma, following) in enumerate(pairwise(levels)):
        clean = denoise(latents, sigma)
        latents = latents + (latents - clean) * ((following - sigma) / sigma)
        watch(i + 1, clean)
    return latents


def dpmpp_2m(denoise: Denoise, latents: Tensor, sigmas: Tensor, watch: Watch) -> Tensor:
    """DPM-Solver++ (2M) in multistep form (Lu et al. 2022, algorithm 2) with λ = −ln σ."""
    levels = sigmas.tolist()
    before: tuple[float, Tensor] | None = None  # last step's λ and clean latents
    for i, (sigma, following) in enumerate(pairwise(levels)):
        clean = denoise(latents, sigma)
        if following == 0:
            latents = clean
        else:
            step = math.log(sigma / following)
            towards = clean
            if before is not None:
                ratio = (-math.log(sigma) - before[0]) / step
                towards = clean + (clean - before[1]) / (2 * ratio)
            latents = following / sigma * latents - math.expm1(-step) * towards
        before = (-math.log(sigma), clean)
        watch(i + 1, clean)
    return latents
