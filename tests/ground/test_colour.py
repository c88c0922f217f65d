import numpy as np
import pytest
import torch

from sv3d_engine.ground.colour import from_srgb_bytes, to_linear, to_srgb, to_srgb_bytes


@pytest.mark.parametrize(("srgb", "linear"), [(0.0, 0.0), (0.02, 0.0015480), (0.5, 0.2140411), (1.0, 1.0)])
def test_known_values(srgb, linear):
    assert float(to_linear(torch.tensor(srgb))) == pytest.approx(linear, abs=1e-6)
    assert float(to_srgb(torch.tensor(linear))) == pytest.approx(srgb, abs=1e-6)


def test_there_and_back_changes_nothing():
    values = torch.linspace(0, 1, 1001)
    torch.testing.assert_close(to_srgb(to_linear(values)), values, atol=1e-6, rtol=0)


@pytest.mark.parametrize("convert", [to_linear, to_srgb])
def test_the_gradient_lives_everywhere(convert):
    values = torch.tensor([-0.1, 0.0, 1e-4, 0.002, 0.1, 1.0, 1.5], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(convert, values)
    (gradient,) = torch.autograd.grad(convert(values).sum(), values)
    assert (gradient > 0).all()


def test_bytes_follow_the_same_curve():
    every = np.arange(256, dtype=np.uint8)
    linear = from_srgb_bytes(every)
    torch.testing.assert_close(torch.from_numpy(linear), to_linear(torch.arange(256) / 255))
    assert (to_srgb_bytes(linear) == every).all()


def test_bytes_clip_what_they_cannot_hold():
    linear = np.array([0, 0.001, 0.2140, 0.5, 1, 2, -1, np.nan])
    assert to_srgb_bytes(linear).tolist() == [0, 3, 127, 188, 255, 255, 0, 0]
