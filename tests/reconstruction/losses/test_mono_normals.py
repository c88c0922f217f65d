"""The loss against told normals."""

import math

import pytest
import torch
from torch.nn.functional import normalize

from sv3d_engine.reconstruction.losses import AGREEING, mono_normals


def tilted(degrees: float, count: int = 50) -> tuple[torch.Tensor, torch.Tensor]:
    """Normals and the same turned by an angle about axes across them."""
    draw = torch.Generator().manual_seed(0)
    normals = normalize(torch.randn(count, 3, generator=draw, dtype=torch.float64), dim=-1)
    across = normalize(torch.linalg.cross(normals, torch.randn(count, 3, generator=draw, dtype=torch.float64)), dim=-1)
    angle = math.radians(degrees)
    return normals, math.cos(angle) * normals + math.sin(angle) * across


def test_the_truth_costs_nothing() -> None:
    normals, _ = tilted(0)
    assert mono_normals(normals, normals, torch.ones(50)) == pytest.approx(0, abs=1e-12)


def test_it_is_one_minus_the_cosine_up_to_where_normals_agree() -> None:
    for degrees in (5.0, AGREEING - 0.1):
        expected = 1 - math.cos(math.radians(degrees))
        assert float(mono_normals(*tilted(degrees), torch.ones(50))) == pytest.approx(expected, rel=1e-6)


def test_what_disagrees_pulls_less_the_further_it_is_off() -> None:
    def pull(degrees: float) -> float:
        normals, told = tilted(degrees)
        normals.requires_grad_()
        mono_normals(normals, told, torch.ones(50)).backward()  # type: ignore[no-untyped-call]
        assert normals.grad is not None
        sideways = normals.grad - (normals.grad * normals).sum(-1, keepdim=True) * normals
        return float(sideways.norm(dim=-1).mean().detach())

    pulls = [pull(degrees) for degrees in (2, 14, 30, 60, 90)]
    assert pulls[0] < pulls[1]
    assert pulls[1] > pulls[2] > pulls[3] > pulls[4] > 0


def test_it_counts_by_how_sure_what_is_told_is() -> None:
    normals, told = tilted(10)
    told[:25] = normals[:25]
    sure = torch.ones(50, dtype=torch.float64)
    sure[25:] = 0
    assert mono_normals(normals, told, sure) == pytest.approx(0, abs=1e-12)
    sure[25:] = 0.5
    expected = (1 - math.cos(math.radians(10))) * 12.5 / 37.5
    assert float(mono_normals(normals, told, sure)) == pytest.approx(expected, rel=1e-6)


def test_nothing_told_costs_nothing() -> None:
    assert mono_normals(*tilted(10), torch.zeros(50)) == 0
    assert mono_normals(torch.zeros(0, 3), torch.zeros(0, 3), torch.zeros(0)) == 0
