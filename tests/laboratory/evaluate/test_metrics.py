import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from sv3d_engine.laboratory.evaluate.nvs_figures import psnr, ssim

RNG = np.random.default_rng(0)
PICTURE = RNG.random((48, 48, 3))
NOISY = np.clip(PICTURE + RNG.normal(0, 0.1, PICTURE.shape), 0, 1)


def test_psnr_is_the_textbook_value() -> None:
    assert psnr(PICTURE, PICTURE) == math.inf
    assert psnr(np.zeros((4, 4, 3)), np.full((4, 4, 3), 0.1)) == pytest.approx(20)
    assert psnr(PICTURE, NOISY) == pytest.approx(peak_signal_noise_ratio(PICTURE, NOISY, data_range=1))


def test_ssim_agrees_with_scikit_image() -> None:
    assert ssim(PICTURE, PICTURE) == pytest.approx(1)
    theirs = structural_similarity(
        PICTURE, NOISY, data_range=1, channel_axis=2, gaussian_weights=True, use_sample_covariance=False
    )
    assert ssim(PICTURE, NOISY) == pytest.approx(theirs, abs=5e-3)  # it leaves out a border of 5 pixels


def test_ssim_sees_structure_where_psnr_does_not() -> None:
    brighter = PICTURE * 0.9 + 0.05
    assert ssim(PICTURE, brighter) > 0.9 > ssim(PICTURE, RNG.permutation(PICTURE))
