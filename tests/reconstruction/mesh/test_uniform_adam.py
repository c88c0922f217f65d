import pytest
import torch

from sv3d_engine.reconstruction.mesh.tet_shape import UniformAdam


def moved(gradients, rate=1.0, learning_rate=0.1):
    """How far the elements of a tensor go for these gradients, one a step."""
    parameter = torch.zeros_like(gradients[0])
    optimizer = UniformAdam(parameter, learning_rate)
    for gradient in gradients:
        optimizer.step(gradient, rate)
    return parameter


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_size_of_a_step_does_not_depend_on_that_of_the_gradient(scale):
    torch.testing.assert_close(moved([torch.tensor([1.0, -1.0, 1.0]) * scale]), torch.tensor([-0.1, 0.1, -0.1]))


def test_elements_keep_their_proportions():
    step = moved([torch.tensor([3.0, 1.0, -0.5])])
    torch.testing.assert_close(step / step[0], torch.tensor([1.0, 1 / 3, -0.5 / 3]))
    assert float(step.square().mean().sqrt()) == pytest.approx(0.1, rel=1e-4)


def test_elements_without_a_gradient_stay_and_do_not_shrink_the_others():
    gradient = torch.zeros(1000)
    gradient[:10] = 2.0
    step = moved([gradient])
    torch.testing.assert_close(step[:10], torch.full((10,), -0.1))
    assert (step[10:] == 0).all()


def test_steady_gradients_keep_their_pace_and_rate_scales_it():
    gradient = torch.tensor([1.0, -1.0])
    torch.testing.assert_close(moved([gradient] * 20), torch.tensor([-2.0, 2.0]))
    torch.testing.assert_close(moved([gradient] * 20, rate=0.25), torch.tensor([-0.5, 0.5]))


def test_one_wild_element_is_cut_to_a_few_steps():
    gradient = torch.ones(10_000)
    gradient[0] = 1e5
    assert -1 < float(moved([gradient])[0]) < 0


def test_no_gradient_at_all_moves_nothing():
    assert torch.equal(moved([torch.zeros(5)] * 3), torch.zeros(5))


def test_it_finds_a_minimum():
    goal = torch.tensor([0.3, -0.7, 0.1])
    parameter = torch.zeros(3)
    optimizer = UniformAdam(parameter, 0.05)
    for step in range(200):
        optimizer.step(2 * (parameter - goal), rate=1 - step / 200)
    torch.testing.assert_close(parameter, goal, atol=1e-2, rtol=0)
