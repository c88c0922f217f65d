import pytest
import torch

from sv3d_engine.reconstruction import losses


def test_photometric_is_the_squared_error_while_it_is_small():
    target = torch.rand(4, 5, 3, generator=torch.manual_seed(0))
    assert float(losses.photometric(target + 0.05, target)) == pytest.approx(0.0025, rel=1e-3)
    assert losses.photometric(target, target) == 0


def test_an_outlier_pulls_no_harder_than_its_limit():
    def pull(error):
        rendered = torch.tensor([error], requires_grad=True)
        return float(torch.autograd.grad(losses.photometric(rendered, torch.zeros(1)), rendered)[0])

    assert pull(0.9) == pytest.approx(pull(0.2))
    assert pull(0.2) > pull(0.05) > 0


def test_mask_is_the_mean_squared_difference():
    coverage, alpha = torch.tensor([[0.0, 0.5], [1.0, 1.0]]), torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    assert float(losses.mask(coverage, alpha)) == pytest.approx((0.25 + 1) / 4)


def test_value_is_the_brightest_channel():
    assert losses.value(torch.tensor([[0.1, 0.7, 0.3], [0.2, 0.0, 0.1]])).tolist() == pytest.approx([0.7, 0.2])


def test_illumination_by_hand():
    seen = torch.tensor([[0.2, 0.1, 0.0], [0.6, 0.2, 0.1]])  # values 0.2 and 0.6: 0.5 and 1.5 of their mean
    assert float(losses.illumination(torch.ones(2), seen)) == pytest.approx(0.25, rel=1e-4)


def test_illumination_has_no_scale():
    torch.manual_seed(0)
    shading, seen = torch.rand(50) + 0.2, torch.rand(50, 3) + 0.1
    once = losses.illumination(shading, seen)
    assert once > 0.01
    torch.testing.assert_close(losses.illumination(3 * shading, 0.4 * seen), once)
    torch.testing.assert_close(losses.illumination(5 * losses.value(seen), seen), torch.zeros(()), atol=1e-9, rtol=0)


def test_illumination_of_black_is_finite():
    shading = torch.ones(3, requires_grad=True)
    losses.illumination(shading, torch.zeros(3, 3)).backward()
    assert torch.isfinite(shading.grad).all()
