import math

import pytest
import torch

from sv3d_engine.diffusion.denoiser import c_noise, scalings


@pytest.mark.parametrize("sigma", [0.002, 0.5, 1.0, 30.0, 700.0])
def test_a_perfect_v_prediction_gives_the_clean_latents(sigma):
    clean, noise = torch.randn(100), torch.randn(100)
    c_skip, c_out, c_in = scalings(sigma)
    noisy = clean + sigma * noise
    v = (noise - sigma * clean) * c_in  # of the variance-preserving pair: α ε − σ x with α = 1/√(1+σ²)
    assert torch.allclose(noisy * c_skip + v * c_out, clean, atol=1e-3 if sigma > 100 else 1e-5)


def test_inputs_have_variance_one():
    _, _, c_in = scalings(3.0)
    assert c_in * math.sqrt(1 + 3.0**2) == pytest.approx(1)


def test_noise_is_told_on_a_log_scale():
    assert c_noise(math.e**4) == pytest.approx(1.0)
