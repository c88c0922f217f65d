"""CUDA's kernels on the CPU, which runs the same source."""

import pytest
import torch
from scenes import wavy_orbit

from sv3d_engine.orbit.cameras import frame_rays
from sv3d_engine.reconstruction.field.volume import march_ref, weights_ref
from sv3d_engine.reconstruction.field.volume_warp import march_warp, weights_warp

HALF_SIDE, STEP = 0.5, 0.03
OFFSETS = torch.tensor([0, 0, 3, 3, 40, 41, 200, 200])  # some rays have no samples, the first and the last among them


def some_rays(occupied):
    torch.manual_seed(0)
    orbit, size, count = wavy_orbit(6), 48, 300
    rays = frame_rays(orbit, size, torch.randint(6, (count,)), torch.randint(size * size, (count,)))
    return *rays, occupied, HALF_SIDE, STEP, torch.rand(count)


@pytest.mark.parametrize("share", [0.02, 0.3, 1.0])
def test_samples_are_the_twins(share):
    rays = some_rays(torch.rand(12, 12, 12, generator=torch.manual_seed(1)) < share)
    (fast, offsets), (plain, plain_offsets) = march_warp(*rays), march_ref(*rays)
    assert len(plain) > 60
    counts, plain_counts = offsets.diff(), plain_offsets.diff()
    assert (counts == 0).any()
    assert (counts != plain_counts).sum() <= 2  # a sample on the border of two cells
    same = counts == plain_counts
    mine, twins = fast[same.repeat_interleave(counts)], plain[same.repeat_interleave(plain_counts)]
    torch.testing.assert_close(mine, twins, atol=1e-5, rtol=0)


def test_a_way_of_fewer_steps_than_threads_is_sampled_once():
    origin, direction = torch.tensor([[2.0, 0.1, 0.0]]), torch.tensor([[-1.0, 0.0, 0.0]])
    ray = origin, direction, torch.ones(4, 4, 4, dtype=torch.bool), HALF_SIDE, 0.4, torch.tensor([0.5])
    for mine, twins in zip(march_warp(*ray), march_ref(*ray), strict=True):
        torch.testing.assert_close(mine, twins)


def test_empty_space_has_no_samples():
    distances, offsets = march_warp(*some_rays(torch.zeros(12, 12, 12, dtype=torch.bool)))
    assert len(distances) == 0
    assert offsets.tolist() == [0] * 301


def test_no_rays_have_no_samples():
    none = torch.empty(0, 3)
    distances, offsets = march_warp(none, none, torch.ones(2, 2, 2, dtype=torch.bool), 0.5, 0.1, torch.empty(0))
    assert len(distances) == 0
    assert offsets.tolist() == [0]


def test_weights_and_their_gradients_are_the_twins():
    torch.manual_seed(0)
    optical = (torch.rand(200) ** 4).requires_grad_()
    fast, plain = weights_warp(optical, OFFSETS), weights_ref(optical, OFFSETS)
    torch.testing.assert_close(fast, plain, atol=1e-6, rtol=1e-4)
    asked = torch.randn(200)
    (mine,), (twins,) = (torch.autograd.grad(each, optical, asked) for each in (fast, plain))
    torch.testing.assert_close(mine, twins, atol=1e-5, rtol=1e-4)


def test_a_gradient_may_be_one_number_spread_without_memory():
    optical = torch.linspace(0, 1, 200, requires_grad=True)
    fast, plain = weights_warp(optical, OFFSETS), weights_ref(optical, OFFSETS)
    mine, twins = (torch.autograd.grad(each.sum(), optical)[0] for each in (fast, plain))
    torch.testing.assert_close(mine, twins, atol=1e-5, rtol=1e-4)


def test_no_samples_have_no_weights():
    nothing = torch.empty(0, requires_grad=True)
    share = weights_warp(nothing, torch.tensor([0, 0, 0]))
    share.sum().backward()
    assert share.shape == nothing.grad.shape == (0,)
