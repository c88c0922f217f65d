import pytest
import torch

from sv3d_engine.reconstruction.field.hash_grid import HashGrid, encode
from sv3d_engine.reconstruction.field.hash_grid_ref import corner_rows, encode_ref

RESOLUTIONS = torch.tensor([3, 9, 20, 47])  # 4³ and 10³ corners fit into 1024 rows, the rest is hashed


def some_grid(dtype=torch.float32):
    torch.manual_seed(0)
    points = torch.cat([torch.rand(200, 3), torch.tensor([[0.0, 0, 0], [1, 1, 1], [1, 0, 0.5], [-0.01, 1.02, 0.3]])])
    return points.to(dtype), torch.randn(4, 1024, 2).to(dtype)


def test_kernel_and_twin_agree_in_values_and_gradients():
    points, table = (tensor.requires_grad_() for tensor in some_grid())
    fast, plain = encode(points, table, RESOLUTIONS), encode_ref(points, table, RESOLUTIONS)
    torch.testing.assert_close(fast, plain, atol=2e-5, rtol=1e-4)
    asked = torch.randn_like(plain)
    for mine, twins in zip(
        torch.autograd.grad(fast, (points, table), asked),
        torch.autograd.grad(plain, (points, table), asked),
        strict=True,
    ):
        torch.testing.assert_close(mine, twins, atol=2e-3, rtol=1e-4)


@pytest.mark.parametrize("wanted", [0, 1])
def test_a_gradient_may_be_asked_for_alone(wanted):
    inputs = list(some_grid())
    inputs[wanted].requires_grad_()
    encode(*inputs, RESOLUTIONS).square().sum().backward()
    assert inputs[wanted].grad.abs().sum() > 0
    assert inputs[1 - wanted].grad is None


def test_gradients_are_those_of_finite_differences():
    points, table = some_grid(torch.float64)
    points, table = points[:12].requires_grad_(), table[:, :64].contiguous().requires_grad_()
    assert torch.autograd.gradcheck(lambda p, t: encode(p, t, RESOLUTIONS), (points, table))


def test_at_a_corner_the_feature_is_the_corners_own():
    _, table = some_grid()
    corner = torch.tensor([[[2, 7, 5]]])
    row = corner_rows(corner, torch.tensor([9]), 1024)[0, 0, 0]
    torch.testing.assert_close(encode(corner[0] / 9, table, RESOLUTIONS)[0, 2:4], table[1, row], atol=1e-4, rtol=0)


def test_levels_that_fit_have_a_row_for_every_corner():
    cells = torch.cartesian_prod(*[torch.arange(9)] * 3)[:, None]
    rows = corner_rows(cells, torch.tensor([9]), 1024)
    assert len(rows.unique()) == 1000
    assert int(rows.max()) == 999


def test_the_module_spans_its_resolutions():
    grid = HashGrid(levels=5, coarsest=16, finest=256, log2_rows=8)
    assert grid.resolutions.tolist() == [16, 32, 64, 128, 256]
    assert grid(torch.rand(7, 3)).shape == (7, grid.channels)


def test_the_twin_takes_many_points_in_parts(monkeypatch):
    points, table = some_grid()
    whole = encode_ref(points, table, RESOLUTIONS)
    monkeypatch.setattr("sv3d_engine.reconstruction.field.hash_grid_ref._MOST_POINTS", 64)
    torch.testing.assert_close(encode_ref(points, table, RESOLUTIONS), whole, atol=0, rtol=0)
