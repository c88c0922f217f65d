import torch

from sv3d_engine.reconstruction.field.volume import ray_of_sample, weights, weights_ref

OFFSETS = torch.tensor([0, 3, 3, 40, 41, 200])  # the second ray has no samples


def thickness():
    torch.manual_seed(0)
    return torch.rand(200) ** 4


def test_kernel_and_twin_agree_in_values_and_gradients():
    optical = thickness().requires_grad_()
    fast, plain = weights(optical, OFFSETS), weights_ref(optical, OFFSETS)
    torch.testing.assert_close(fast, plain, atol=1e-6, rtol=1e-4)
    asked = torch.randn(200)
    (mine,), (twins,) = (torch.autograd.grad(each, optical, asked) for each in (fast, plain))
    torch.testing.assert_close(mine, twins, atol=1e-5, rtol=1e-4)


def test_gradient_is_that_of_finite_differences():
    optical = thickness()[:41].double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: weights(x, OFFSETS[:5]), optical)


def test_a_rays_weights_sum_to_its_opacity():
    optical = thickness()
    ray = ray_of_sample(OFFSETS, 200)
    total = torch.zeros(5).index_add(0, ray, weights(optical, OFFSETS))
    torch.testing.assert_close(total, 1 - torch.exp(-torch.zeros(5).index_add(0, ray, optical)))
    assert total[1] == 0


def test_light_is_what_the_samples_before_let_through():
    share = weights(torch.tensor([0.5, 1e9, 2.0]).log1p(), torch.tensor([0, 3]))
    torch.testing.assert_close(share, torch.tensor([1 / 3, 2 / 3, 0.0]), atol=1e-6, rtol=0)


def test_samples_know_their_rays():
    assert ray_of_sample(torch.tensor([0, 2, 2, 3]), 3).tolist() == [0, 0, 2]
