"""The loss's parts against their definitions."""

import pytest
import torch

from sv3d_engine.laboratory.training.diffusion_loss import (
    frame_weights,
    kept,
    noise_levels,
    precondition,
    v_target,
    weighted_error,
)
from sv3d_engine.sv3d.diffusion import denoiser

SIGMAS = torch.tensor([0.002, 0.3, 1.0, 20.0, 700.0])


def test_preconditioning_is_the_samplers():
    for i, sigma in enumerate(SIGMAS.tolist()):
        told = [float(c[i]) for c in precondition(SIGMAS)]
        assert told == pytest.approx([*denoiser.scalings(sigma), denoiser.c_noise(sigma)], rel=1e-5)


def test_the_target_gives_the_clean_latents_back():
    clean, noise = torch.randn(2, 5, 3, 4, 2, 2, dtype=torch.float64)
    c_skip, c_out, _, _ = (c.double().view(5, 1, 1, 1, 1) for c in precondition(SIGMAS))
    sigma = SIGMAS.double()
    noisy = clean + sigma.view(5, 1, 1, 1, 1) * noise
    target = v_target(clean, noise, sigma)
    assert torch.allclose(c_skip * noisy + c_out * target, clean, atol=2e-4)


def test_the_target_has_variance_one_at_every_noise_level():
    clean, noise = torch.randn(2, 5, 21, 4, 16, 16)
    assert torch.allclose(v_target(clean, noise, SIGMAS).flatten(1).std(1), torch.ones(5), atol=0.02)


def test_noise_levels_are_log_normal_and_stay_in_the_samplers_range():
    quantiles = (torch.arange(10000) + 0.5) / 10000
    logs = noise_levels(quantiles, 0.7, 1.6).log()
    assert float(logs.mean()) == pytest.approx(0.7, abs=0.01)
    assert float(logs.std()) == pytest.approx(1.6, abs=0.01)
    ends = noise_levels(torch.tensor([0.0, 1.0]), 0.7, 4.0)
    assert torch.allclose(ends, torch.tensor([0.002, 700.0]))


def test_frames_near_the_front_weigh_less():
    weights = frame_weights(21, 0.5)
    assert float(weights.mean()) == pytest.approx(1)
    assert float(weights[10] / weights[20]) == pytest.approx(2)
    assert weights.argmax() == 10
    assert torch.allclose(frame_weights(21, 1.0), torch.ones(21))


def test_errors_are_means_of_each_sample():
    answer, target = torch.zeros(2, 3, 4, 2, 2), torch.ones(2, 3, 4, 2, 2)
    target[1] = 2
    assert weighted_error(answer, target, torch.tensor([0.5, 1.0, 1.5])).tolist() == [1, 4]


def test_shares_of_what_is_dropped():
    token, latents = kept((torch.arange(1000) + 0.5) / 1000, 0.05, 0.03, 0.1)
    assert int((~token & ~latents).sum()) == 100
    assert int((~token & latents).sum()) == 50
    assert int((token & ~latents).sum()) == 30
