"""The gradient of score distillation, against its definition."""

import pytest
import torch

from sv3d_engine.reconstruction.guidance.distillation import draw_level, score_gradient, weight
from sv3d_engine.sv3d.diffusion.conditioning import Conditioning
from sv3d_engine.sv3d.diffusion.denoiser import GuidedDenoiser
from sv3d_engine.sv3d.diffusion.guidance import Guidance, triangle


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


class AnswersV:
    """A network that takes the noise for ``believed`` instead, and answers with v of that (Salimans & Ho 2022)."""

    dtype = torch.float32

    def __init__(self, believed, sigma):
        self.believed, self.sigma = believed, sigma

    def __call__(self, sample, told, context, vector):
        scaled, scale = sample[:, :, :4], (1 + self.sigma**2) ** 0.5
        clean = scaled * scale - self.sigma * self.believed
        return (self.believed - self.sigma * clean) / scale


@pytest.mark.parametrize("sigma", [0.2, 1.0, 8.0])
def test_it_is_the_weighted_difference_of_the_noises(sigma):
    latents, noise, believed = (random(21, 4, 3, 3, seed=seed) for seed in range(3))
    known = Conditioning(torch.ones(1, 1, 8), torch.zeros(1, 4, 3, 3), torch.zeros(1, 21, 256))
    plain = Guidance(torch.ones(21), torch.ones(21))
    denoise = GuidedDenoiser(AnswersV(believed, sigma), known, plain)
    made = score_gradient(latents, noise, sigma, denoise)
    torch.testing.assert_close(made, weight(sigma) * (believed - noise), atol=2e-5, rtol=1e-4)
    guided = GuidedDenoiser(AnswersV(believed, sigma), known, Guidance(triangle(), torch.ones(21)))
    torch.testing.assert_close(score_gradient(latents, noise, sigma, guided), made, atol=2e-5, rtol=1e-4)


def test_likely_latents_are_left_alone_and_others_drawn_to_them():
    latents, noise = random(21, 4, 2, 2), random(21, 4, 2, 2, seed=1)
    assert score_gradient(latents, noise, 2.0, lambda noisy, sigma: latents[None]).abs().max() == 0
    better = latents + 1
    step = score_gradient(latents, noise, 2.0, lambda noisy, sigma: better[None])
    assert (step < 0).all()  # against the gradient lies what is better


def test_no_gradient_goes_through_the_network():
    latents = random(21, 4, 2, 2).requires_grad_()
    made = score_gradient(latents.detach(), random(21, 4, 2, 2), 1.0, lambda noisy, sigma: 0.5 * latents[None])
    assert not made.requires_grad


def test_levels_are_even_in_their_logarithm():
    draw = torch.Generator().manual_seed(0)
    levels = [draw_level(0.5, 8.0, draw) for _ in range(2000)]
    assert 0.5 <= min(levels) < 0.52
    assert 7.8 < max(levels) <= 8.0
    below = sum(level < 2.0 for level in levels) / len(levels)
    assert below == pytest.approx(0.5, abs=0.04)
    assert weight(1e9) == pytest.approx(1)
    assert weight(1.0) == 0.5
