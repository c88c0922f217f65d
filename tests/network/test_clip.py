"""CLIP's preprocessing where the golden data does not reach: pictures that get smaller."""

import pytest
import torch

from sv3d_engine.network.clip import preprocess


def plain(value: float, size: int) -> torch.Tensor:
    return torch.full((1, 3, size, size), value)


@pytest.mark.parametrize("size", [64, 128, 224, 576, 1000])
def test_a_plain_picture_stays_plain(size):
    seen = preprocess(plain(1.0, size))
    assert seen.shape == (1, 3, 224, 224)
    expected = (1 - torch.tensor([0.48145466, 0.4578275, 0.40821073])) / torch.tensor(
        [0.26862954, 0.26130258, 0.27577711]
    )
    assert torch.allclose(seen[0].amax((1, 2)), expected, atol=1e-4)
    assert torch.allclose(seen[0].amin((1, 2)), expected, atol=1e-4)


def test_fine_stripes_are_smoothed_before_the_picture_gets_smaller():
    stripes = plain(-1.0, 576)
    stripes[..., ::2] = 1.0
    ours = preprocess(stripes)
    bare = torch.nn.functional.interpolate(stripes, (224, 224), mode="bicubic", align_corners=True)
    assert ours[0, 0, 20:-20, 20:-20].std() * 0.2686 * 2 < 0.5 * bare[0, 0, 20:-20, 20:-20].std()


def test_at_576_the_blur_is_a_three_pixel_gaussian():
    """σ = (576/224 − 1)/2 and int(4σ) = 3 pixels, so a lone bright pixel keeps the kernel's middle weight."""
    picture = plain(0.0, 576)
    picture[0, :, 288, 288] = 1.0
    sigma = (576 / 224 - 1) / 2
    side = torch.exp(torch.tensor(-1 / (2 * sigma**2)))
    middle = 1 / (1 + 2 * side)
    from sv3d_engine.network.clip import _blur

    assert float(_blur(_blur(picture, sigma, 2), sigma, 3)[0, 0, 288, 288]) == pytest.approx(float(middle**2))
