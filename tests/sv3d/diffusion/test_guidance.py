import pytest
import torch

from sv3d_engine.sv3d.diffusion.guidance import constant, guide, guide_camera, linear, triangle


def test_the_triangle_rises_to_the_back_and_falls_again():
    scale = triangle()
    assert scale[[0, 10, 20]].tolist() == pytest.approx([1, 2.5, 1])
    assert scale.tolist() == pytest.approx(scale.flip(0).tolist(), abs=1e-6)
    assert torch.diff(scale[:11]).tolist() == pytest.approx([0.15] * 10, abs=1e-6)


def test_linear_and_constant():
    assert linear(most=4.0)[[0, 10, 20]].tolist() == pytest.approx([1, 2.5, 4])
    assert constant(scale=3.0).tolist() == [3.0] * 21


def test_each_frame_is_guided_by_its_own_strength():
    conditional, unconditional = torch.full((3, 4, 2, 2), 2.0), torch.ones(3, 4, 2, 2)
    guided = guide(conditional, unconditional, torch.tensor([0.0, 1.0, 2.5]))
    assert guided[:, 0, 0, 0].tolist() == [1.0, 2.0, 3.5]


def test_the_camera_leads_each_frame_away_from_their_mean():
    clean = torch.tensor([0.0, 1.0, 5.0]).view(3, 1, 1, 1).expand(3, 4, 2, 2)
    guided = guide_camera(clean, 700.0, torch.tensor([1.0, 2.0, 1.5]))
    assert guided[:, 0, 0, 0].tolist() == pytest.approx([0, 0, 6.5], abs=1e-3)


def test_the_camera_leads_nowhere_once_latents_can_be_read():
    clean = torch.randn(2, 3, 4, 2, 2)
    twice = torch.full((3,), 2.0)
    assert torch.allclose(guide_camera(clean, 1e-3, twice), clean, atol=1e-5)
    half = guide_camera(clean, 4.0, twice)  # as much noise as there is in 4 · 2 · 2 latents of deviation 1
    assert torch.allclose(half, guide_camera(clean, 1e4, torch.full((3,), 1.5)), atol=1e-5)
