import math

import pytest
import torch

from sv3d_engine.sv3d.diffusion.conditioning import Conditioning
from sv3d_engine.sv3d.diffusion.denoiser import GuidedDenoiser, c_noise, scalings
from sv3d_engine.sv3d.diffusion.guidance import Guidance, constant, guide_camera, triangle
from tests.sv3d.generation import small_model

ONE = constant(scale=1.0)


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


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    "guidance", [Guidance(triangle(), triangle(most=1.7)), Guidance(ONE, ONE)], ids=["guided", "unguided"]
)
def test_orbits_side_by_side_are_denoised_as_each_alone(together, guidance):
    model, one = small_model.model(), small_model.known()
    two = Conditioning(one.token.flip(-1), -one.latents, one.vector)
    side = small_model.SIZE // 8
    noisy = torch.randn(2, 21, 4, side, side, generator=torch.Generator().manual_seed(0)) * 5
    with torch.no_grad():
        both = GuidedDenoiser(model.unet, Conditioning.side_by_side([one, two]), guidance, together)(noisy, 5.0)
        alone = [
            GuidedDenoiser(model.unet, c, guidance, together)(n[None], 5.0)
            for c, n in zip((one, two), noisy, strict=True)
        ]
    assert torch.allclose(both, torch.cat(alone), atol=1e-3 * float(both.abs().max()))
    assert not torch.allclose(both[0], both[1], atol=0.1)


def test_a_guidance_of_one_leaves_the_other_side_out():
    model, known = small_model.model(), small_model.known()
    asked = []
    model.unet.register_forward_hook(lambda module, given, answer: asked.append(len(answer)))
    noisy = torch.randn(1, 21, 4, small_model.SIZE // 8, small_model.SIZE // 8)
    with torch.no_grad():
        short = GuidedDenoiser(model.unet, known, Guidance(ONE, ONE))(noisy, 5.0)
        long = GuidedDenoiser(model.unet, known, Guidance(constant(scale=1 + 1e-6), ONE))(noisy, 5.0)
    assert asked == [1, 2]
    assert torch.allclose(short, long, atol=1e-3 * float(long.abs().max()))


def test_guidance_by_the_camera_goes_on_from_the_answer():
    model, known = small_model.model(), small_model.known()
    noisy = torch.randn(1, 21, 4, small_model.SIZE // 8, small_model.SIZE // 8) * 5
    with torch.no_grad():
        plain = GuidedDenoiser(model.unet, known, Guidance(ONE, ONE))(noisy, 5.0)
        guided = GuidedDenoiser(model.unet, known, Guidance(ONE, triangle(most=2.0)))(noisy, 5.0)
    assert torch.allclose(guided, guide_camera(plain, 5.0, triangle(most=2.0)))
    assert torch.allclose(guided[:, -1], plain[:, -1], atol=1e-5), "the picture's own view is known"
