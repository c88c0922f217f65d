"""The diffusion loss: noise levels, preconditioning, weights; pure functions of tensors."""

import torch
from torch import Tensor

from ...sv3d.diffusion.guidance import triangle
from ...sv3d.diffusion.schedule import SIGMA_MAX, SIGMA_MIN


def noise_levels(quantiles: Tensor, mean: float, spread: float) -> Tensor:  # (B,) in [0, 1] → (B,)
    """σ of a log-normal distribution at the given quantiles (Karras et al. 2022, section 5).

    SVD trains at ln σ ~ N(0.7, 1.6²) and, for larger frames, N(1.0, 1.6²).  Smaller latents are drowned by less
    noise, but what is hard here (where things are when seen from behind) is decided at σ > 1, so the mean stays.
    """
    normal = torch.special.ndtri(quantiles.double().clamp(1e-6, 1 - 1e-6))
    return (mean + spread * normal).exp().clamp(SIGMA_MIN, SIGMA_MAX).float()


def precondition(sigma: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """c_skip, c_out, c_in and c_noise for a batch of σ; the same numbers as diffusion.denoiser's."""
    variance = sigma.square() + 1
    return 1 / variance, -sigma / variance.sqrt(), 1 / variance.sqrt(), 0.25 * sigma.log()


def v_target(clean: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """What the network should answer to ``clean + σ·noise`` for its preconditioned answer to be ``clean``.

    (clean − c_skip·noisy)/c_out, written out so that nothing is lost where σ is small.  ``sigma`` is (B,), the others
    (B, ...), the noise standard normal.
    """
    s = sigma.view(-1, *(1,) * (clean.dim() - 1))
    return (noise - s * clean) / (s.square() + 1).sqrt()


def frame_weights(count: int, front: float) -> Tensor:  # (count,), mean 1
    """A triangle wave over the orbit: least at the front view, which the picture shows, and greatest at the back."""
    wave = triangle(count, front, 1.0)
    return wave / wave.mean()


def weighted_error(answer: Tensor, target: Tensor, weights: Tensor) -> Tensor:  # (B, F, 4, h, w) twice, (F,) → (B,)
    """Mean squared error of each sample with frames weighed.

    On the network's raw answer: this is λ(σ) = 1/c_out² on the clean latents, EDM's weighting.
    """
    error = (answer.float() - target).square().mean((2, 3, 4))
    return (error * weights.to(error)).mean(1)


def kept(draws: Tensor, drop_token: float, drop_latents: float, drop_both: float) -> tuple[Tensor, Tensor]:
    """Which samples learn with CLIP's token and which with the picture's latents: uniform (B,) → two bool (B,)."""
    both = draws < drop_both
    token = (draws >= drop_both) & (draws < drop_both + drop_token)
    latents = (draws >= drop_both + drop_token) & (draws < drop_both + drop_token + drop_latents)
    return ~(both | token), ~(both | latents)
