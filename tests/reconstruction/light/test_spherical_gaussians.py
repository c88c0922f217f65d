import math

import pytest
import torch
from torch.nn.functional import normalize, softplus

from sv3d_engine.reconstruction.light import (
    COSINE_AMPLITUDE,
    COSINE_INTEGRAL,
    COSINE_SHARPNESS,
    MEAN_RADIANCE,
    Lights,
    fibonacci_sphere,
    radiance,
    shading,
)


def some_light(count=5):
    torch.manual_seed(0)
    axes = normalize(torch.randn(count, 3, dtype=torch.float64), dim=-1)
    return axes, torch.linspace(0.5, 40, count, dtype=torch.float64), torch.rand(count, dtype=torch.float64) + 0.2


def test_shading_is_the_integral_over_the_sphere():
    axes, sharpness, amplitude = some_light()
    normals = normalize(torch.randn(7, 3, dtype=torch.float64), dim=-1)
    directions = fibonacci_sphere(40_000).double()
    light = radiance(directions, axes, sharpness, amplitude)
    cosine = COSINE_AMPLITUDE * torch.exp(COSINE_SHARPNESS * (directions @ normals.T - 1))
    integral = (light[:, None] * cosine).mean(0) * 4 * math.pi / COSINE_INTEGRAL
    torch.testing.assert_close(shading(normals, axes, sharpness, amplitude), integral, rtol=1e-3, atol=0)


def test_shading_is_near_to_that_of_the_true_cosine():
    axes, sharpness, amplitude = some_light()
    normals = normalize(torch.randn(40, 3, dtype=torch.float64), dim=-1)
    directions = fibonacci_sphere(20_000).double()
    light = radiance(directions, axes, sharpness, amplitude)
    true = (light[:, None] * (directions @ normals.T).clamp_min(0)).mean(0) * 4
    assert (shading(normals, axes, sharpness, amplitude) - true).abs().max() < 0.1 * true.max()


def test_the_cosines_own_integral():
    directions = fibonacci_sphere(40_000)
    cosine = COSINE_AMPLITUDE * torch.exp(COSINE_SHARPNESS * (directions[:, 2] - 1))
    assert float(cosine.mean()) * 4 * math.pi == pytest.approx(COSINE_INTEGRAL, rel=1e-4)


def test_uniform_light_of_radiance_one_shades_everything_one():
    normals = fibonacci_sphere(50)
    uniform = torch.tensor([[0.0, 0.0, 1.0]]), torch.zeros(1), torch.ones(1)
    torch.testing.assert_close(shading(normals, *uniform), torch.ones(50))


def test_a_light_opposite_to_the_normal_is_finite():
    """There ‖λ₁μ₁ + λ₂μ₂‖ is 0."""
    sharpness = torch.tensor([COSINE_SHARPNESS], requires_grad=True)
    value = shading(torch.tensor([[0.0, 0, 1]]), torch.tensor([[0.0, 0, -1]]), sharpness, torch.ones(1))
    value.backward()
    expected = 4 * math.pi * COSINE_AMPLITUDE / COSINE_INTEGRAL * math.exp(-2 * COSINE_SHARPNESS)
    assert float(value.detach()) == pytest.approx(expected, rel=1e-2)
    assert torch.isfinite(sharpness.grad).all()


def test_gradients_are_those_of_finite_differences():
    torch.manual_seed(1)
    raw = [torch.randn(*size, dtype=torch.float64, requires_grad=True) for size in ((6, 3), (4, 3), (4,), (4,))]

    def shade(normals, axes, sharpness, amplitude):
        return shading(normalize(normals, dim=-1), normalize(axes, dim=-1), sharpness.exp(), softplus(amplitude))

    assert torch.autograd.gradcheck(shade, raw)
    assert torch.autograd.gradcheck(
        lambda d, a, s, m: radiance(normalize(d, dim=-1), normalize(a, dim=-1), s.exp(), softplus(m)), raw
    )


def test_a_new_light_shades_evenly():
    with torch.no_grad():
        value = Lights()(fibonacci_sphere(500))
    assert float(value.mean()) == pytest.approx(MEAN_RADIANCE, rel=0.01)
    assert value.max() / value.min() < 1.02


def test_mean_radiance_stays_whatever_is_learned():
    torch.manual_seed(2)
    lights = Lights()
    with torch.no_grad():
        for parameter in lights.parameters():
            parameter.add_(torch.randn_like(parameter) * 1.5)
        axes, sharpness, amplitude = lights.gaussians()
        assert (amplitude >= 0).all()
        assert float(sharpness.min()) > 0
        torch.testing.assert_close(axes.norm(dim=-1), torch.ones(24))
        sphere = fibonacci_sphere(40_000)
        assert float(radiance(sphere, axes, sharpness, amplitude).mean()) == pytest.approx(MEAN_RADIANCE, rel=1e-3)
        assert float(lights(sphere).mean()) == pytest.approx(MEAN_RADIANCE, rel=1e-3)


def test_spread_directions_are_even():
    directions = fibonacci_sphere(1000)
    torch.testing.assert_close(directions.norm(dim=-1), torch.ones(1000))
    torch.testing.assert_close(directions.mean(0), torch.zeros(3), atol=2e-3, rtol=0)
    torch.testing.assert_close(directions.T @ directions / 1000, torch.eye(3) / 3, atol=2e-3, rtol=0)
