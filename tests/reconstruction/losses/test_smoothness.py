import math

import pytest
import torch
from torch.nn.functional import normalize

from sv3d_engine.reconstruction import losses

ALL = torch.ones(2, 2, dtype=torch.bool)


def test_neighbour_differences_by_hand():
    picture = torch.tensor([[1.0, 4.0], [3.0, 9.0]])[..., None]
    inside = torch.tensor([[True, True], [False, True]])
    right, down = losses.neighbour_differences(picture, inside)
    assert right[..., 0].tolist() == [[3, 0], [0, 0]]
    assert down[..., 0].tolist() == [[0, 5], [0, 0]]


def test_smooth_depth_by_hand():
    depth = torch.tensor([[1.0, 1.1], [1.2, 1.4]])
    expected = (0.1**2 + 0.2**2 + 0.2**2 + 0.3**2) / 4
    assert float(losses.smooth_depth(depth, ALL, 1.0)) == pytest.approx(expected, rel=1e-4)


def test_smooth_depth_leaves_outlines_out():
    depth = torch.ones(8, 8)
    depth[:, 4:] = 1.5  # a wall behind
    depth = (depth + 0.01 * torch.arange(8)).requires_grad_()
    whole = torch.ones(8, 8, dtype=torch.bool)
    (gradient,) = torch.autograd.grad(losses.smooth_depth(depth, whole, 0.1), depth)
    assert (gradient[:, 0] < 0).all()
    # Pulled towards its own side only: the last column before the step is like the last of all.
    torch.testing.assert_close(gradient[:, 3], gradient[:, 7])
    assert losses.smooth_depth(depth.detach(), whole, 1.0) > 10 * losses.smooth_depth(depth.detach(), whole, 0.1)


def test_smooth_depth_leaves_out_what_is_outside():
    depth = torch.tensor([[1.0, 1.0], [1.0, 1.05]])
    assert losses.smooth_depth(depth, torch.tensor([[True, True], [True, False]]), 1.0) == 0
    assert losses.smooth_depth(depth, torch.zeros(2, 2, dtype=torch.bool), 1.0) == 0


def test_sobel_is_the_slope_of_a_ramp():
    x, y = torch.meshgrid(torch.arange(6.0), torch.arange(7.0), indexing="xy")
    slope = losses.sobel_magnitude(torch.stack([0.3 * x, 0.4 * y], -1))
    torch.testing.assert_close(slope[1:-1, 1:-1], torch.full((5, 4), 0.5))
    torch.testing.assert_close(losses.calmness(torch.stack([0.3 * x, 0.4 * y], -1))[3, 3], torch.tensor(math.exp(-1.5)))


def test_bilateral_normals_by_hand():
    normals = torch.tensor([[[1.0, 0, 0], [0, 1, 0]], [[1, 0, 0], [0, 1, 0]]])
    calm = torch.tensor([[0.5, 1.0], [1.0, 1.0]])
    expected = 1.5 * (math.sqrt(1 + math.sqrt(2)) - 1) / 4  # two changes of √2, one where the picture is busy
    assert float(losses.bilateral_normals(normals, calm, ALL)) == pytest.approx(expected, abs=1e-3)


def test_flat_normals_cost_next_to_nothing_and_have_a_finite_gradient():
    flat = torch.tensor([0.0, 0.0, 1.0]).expand(4, 4, 3).clone().requires_grad_()
    loss = losses.bilateral_normals(flat, torch.ones(4, 4), torch.ones(4, 4, dtype=torch.bool))
    (gradient,) = torch.autograd.grad(loss, flat)
    assert loss < 1e-4
    assert torch.isfinite(gradient).all()


def test_gradients_are_those_of_finite_differences():
    torch.manual_seed(0)
    normals = normalize(torch.randn(4, 5, 3, dtype=torch.float64), dim=-1).requires_grad_()
    depth = torch.rand(4, 5, dtype=torch.float64).requires_grad_()
    inside = torch.rand(4, 5) < 0.8
    calm = torch.rand(4, 5, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda n: losses.bilateral_normals(n, calm, inside), normals)
    assert torch.autograd.gradcheck(lambda d: losses.smooth_depth(d, inside, 0.6), depth)


def test_albedo_smoothness_by_hand():
    here, aside = torch.tensor([[0.1, 0.2, 0.3]]), torch.tensor([[0.1, 0.4, 0.0]])
    assert float(losses.albedo_smoothness(here, aside)) == pytest.approx((0.04 + 0.09) / 3)
