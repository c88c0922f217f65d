"""The autoencoder's objective, and the scale of its latents."""

import pytest
import torch

from sv3d_engine.laboratory.training.batches import Pictures
from sv3d_engine.laboratory.training.networks import fresh
from sv3d_engine.laboratory.training.objectives import AutoencoderObjective, calibrate, differences, weighed
from sv3d_engine.sv3d.network.sv3d import SCALE_FACTOR, encode
from tests.laboratory.training.runs import tiny


@pytest.fixture
def autoencoder():
    return fresh(tiny().architecture, 0).autoencoder


def test_calibration_gives_the_diffusion_unit_variance_and_changes_no_picture(autoencoder):
    pictures = torch.rand(6, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        before = autoencoder.encode(pictures).latent_dist
        decoded = autoencoder.decode(before.mode()).sample
        calibrate(autoencoder, before.mode())
        after = autoencoder.encode(pictures).latent_dist
        again = autoencoder.decode(after.mode()).sample
    scaled = encode(autoencoder, pictures).detach() * SCALE_FACTOR
    assert torch.allclose(scaled.mean((0, 2, 3)), torch.zeros(4), atol=1e-4)
    assert torch.allclose(scaled.std((0, 2, 3)), torch.ones(4), atol=1e-3)
    assert torch.allclose(decoded, again, atol=1e-3)
    ratio = before.mode().std((0, 2, 3)) / before.std.mean((0, 2, 3))
    assert torch.allclose(after.mode().std((0, 2, 3)) / after.std.mean((0, 2, 3)), ratio, rtol=1e-3)


def test_an_even_error_has_no_edges():
    assert [float(x) for x in differences(torch.zeros(1, 3, 16, 16))] == [0, 0]
    absolute, edges = differences(torch.full((1, 3, 16, 16), 0.5))
    assert float(absolute) == pytest.approx(0.5, abs=1e-6)
    assert float(edges) == pytest.approx(0, abs=1e-6)


def test_errors_of_colour_are_weighed_and_those_of_lightness_are_not():
    grey, red = torch.full((1, 3, 2, 2), 0.3), torch.tensor([0.2, -0.1, -0.1]).view(1, 3, 1, 1)
    assert torch.allclose(weighed(grey, 2.5), grey)
    assert torch.allclose(weighed(grey + red, 2.5), grey + 2.5 * red)


def test_the_objective_tells_its_psnr(autoencoder):
    pictures = torch.zeros(2, 3, 16, 16)
    told = AutoencoderObjective(autoencoder, tiny().autoencoder)(Pictures(pictures, torch.zeros(2, 4, 2, 2)))
    assert told["loss"].requires_grad
    made = autoencoder.decode(autoencoder.encode(pictures).latent_dist.mean).sample.detach()
    assert float(told["psnr"]) == pytest.approx(float(10 * torch.log10(4 / made.square().mean())), abs=1e-3)
