"""CUDA's kernels on the CPU, which runs the same source."""

import pytest
import torch

from sv3d_engine.reconstruction.field.hash_grid_ref import encode_ref
from sv3d_engine.reconstruction.field.hash_grid_warp import encode_warp

RESOLUTIONS = torch.tensor([3, 9, 20, 47])  # 4³ and 10³ corners fit into 1024 rows, the rest is hashed


def some_grid():
    torch.manual_seed(0)
    inside = torch.rand(200, 3)
    walls = torch.cartesian_prod(*[torch.tensor([0.0, 0.3, 1.0])] * 3)  # and corners, edges of the cube
    beyond = torch.tensor([[-0.01, 1.02, 0.3], [1.5, -2.0, 0.5]])
    return torch.cat([inside, walls, beyond]), torch.randn(4, 1024, 2)


def test_values_are_the_twins():
    points, table = some_grid()
    torch.testing.assert_close(encode_warp(points, table, RESOLUTIONS), encode_ref(points, table, RESOLUTIONS))


def test_gradients_are_the_twins():
    inputs = tuple(tensor.requires_grad_() for tensor in some_grid())
    fast, plain = encode_warp(*inputs, RESOLUTIONS), encode_ref(*inputs, RESOLUTIONS)
    asked = torch.randn_like(plain)
    mine, twins = (torch.autograd.grad(features, inputs, asked) for features in (fast, plain))
    torch.testing.assert_close(mine[0], twins[0], atol=1e-3, rtol=1e-4)  # sums of some 100, times 47
    torch.testing.assert_close(mine[1], twins[1])


@pytest.mark.parametrize("wanted", [0, 1])
def test_a_gradient_may_be_asked_for_alone(wanted):
    inputs = list(some_grid())
    inputs[wanted].requires_grad_()
    encode_warp(*inputs, RESOLUTIONS).sum().backward()  # the sum's gradient is one number, spread without memory
    assert inputs[wanted].grad.abs().sum() > 0
    assert inputs[1 - wanted].grad is None


def test_all_levels_may_be_dense_or_hashed():
    points, table = some_grid()
    for rows in (16, 1 << 17):
        table = torch.randn(4, rows, 2)
        torch.testing.assert_close(encode_warp(points, table, RESOLUTIONS), encode_ref(points, table, RESOLUTIONS))


def test_no_points_have_no_features():
    _, table = some_grid()
    table.requires_grad_()
    features = encode_warp(torch.empty(0, 3), table, RESOLUTIONS)
    assert features.shape == (0, 8)
    features.sum().backward()
    assert not table.grad.any()
