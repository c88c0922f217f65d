"""CLIP's preprocessing where the golden data does not reach: pictures that get smaller."""

import pytest
import torch

from sv3d_engine.sv3d.network.clip import _blur, preprocess


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
    assert float(_blur(_blur(picture, sigma, 2), sigma, 3)[0, 0, 288, 288]) == pytest.approx(float(middle**2))


@pytest.mark.parametrize("sigma", [0.001, 0.5, 0.79, 1.3, 4.0])
@pytest.mark.parametrize("dim", [2, 3])
def test_the_blur_is_a_convolution_along_one_axis(sigma, dim):
    picture = torch.rand(2, 3, 40, 50, generator=torch.Generator().manual_seed(0))
    width = int(max(4 * sigma, 3)) | 1
    x = torch.arange(width) - width // 2
    kernel = torch.exp(-(x**2) / (2 * sigma**2))
    shape = (1, 1, width, 1) if dim == 2 else (1, 1, 1, width)
    margins = (0, 0, width // 2, width // 2) if dim == 2 else (width // 2, width // 2, 0, 0)
    padded = torch.nn.functional.pad(picture, margins, mode="reflect")
    kernel = (kernel / kernel.sum()).view(shape).expand(3, 1, -1, -1)
    assert torch.allclose(_blur(picture, sigma, dim), torch.nn.functional.conv2d(padded, kernel, groups=3), atol=1e-6)
