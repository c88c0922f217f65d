"""Judges with any weights; LPIPS's own proof stands beside its network."""

import numpy as np
import pytest
import torch

from sv3d_engine.laboratory.evaluate.likeness import embedding_judge, lpips_by, lpips_judge
from sv3d_engine.reconstruction.perceptual import LPIPS

FRAMES = np.random.default_rng(0).random((3, 48, 48, 3))


def test_lpips_is_told_for_each_pair() -> None:
    torch.manual_seed(0)
    judge = lpips_by(LPIPS("alex"))
    other = FRAMES.copy()
    other[1] = 1 - other[1]
    found = judge(other, FRAMES)
    assert found.shape == (3,)
    assert found[0] == found[2] == 0 < found[1]


def test_without_weights_there_is_no_judge() -> None:
    assert lpips_judge() is None, "no test sees the models of whoever runs it"


def test_embeddings_are_compared_by_their_angle() -> None:
    seen: list[tuple[float, float]] = []

    def means(pictures: torch.Tensor) -> torch.Tensor:
        seen.append((float(pictures.min()), float(pictures.max())))
        return pictures.mean((2, 3))

    red, grey = np.full((2, 4, 4, 3), (1, 0.5, 0.5)), np.ones((2, 4, 4, 3))
    assert embedding_judge(means)(red, red) == pytest.approx([1, 1])
    assert embedding_judge(means)(red, grey) == pytest.approx([1 / 3**0.5] * 2)
    assert min(low for low, _ in seen) == 0 and max(high for _, high in seen) == 1, "in [−1, 1]: 0.5 is 0"
