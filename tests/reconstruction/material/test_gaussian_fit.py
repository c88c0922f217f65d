"""A light by direction as Spherical Gaussians."""

import pytest
import torch

from sv3d_engine.reconstruction.light import LIGHT_COUNT, MEAN_RADIANCE, fibonacci_sphere, radiance
from sv3d_engine.reconstruction.material.gaussian_fit import fit_gaussians

DIRECTIONS = fibonacci_sphere(192)


def scaled(light: torch.Tensor) -> torch.Tensor:
    return light * MEAN_RADIANCE / light.mean()


def test_a_lamp_before_an_even_sky_comes_back():
    truth = scaled(0.3 + 5 * torch.exp(20 * (DIRECTIONS @ DIRECTIONS[40] - 1)))
    found = radiance(DIRECTIONS, *fit_gaussians(truth))
    assert (found - truth).abs().mean() < 0.05
    assert int(found.argmax()) == 40


def test_any_light_gives_unit_axes_no_negative_light_and_the_stated_mean():
    noise = scaled(torch.rand(192, generator=torch.Generator().manual_seed(0)) ** 4)
    axes, sharpness, amplitude = fit_gaussians(noise)
    assert axes.shape == (LIGHT_COUNT, 3)
    assert amplitude.min() >= 0 < sharpness.min()
    torch.testing.assert_close(axes.norm(dim=-1), torch.ones(LIGHT_COUNT))
    everywhere = radiance(fibonacci_sphere(2000), axes, sharpness, amplitude)
    assert everywhere.mean() == pytest.approx(MEAN_RADIANCE, rel=0.01)
