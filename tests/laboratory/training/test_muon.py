"""Muon at full precision beside torch's own, and what a step is for."""

import pytest
import torch
from torch import nn

from sv3d_engine.laboratory.training.muon import PreciseMuon, evened


@pytest.mark.parametrize("shape", [(24, 40), (40, 24)])
def test_it_steps_as_torch_does_but_for_the_rounding(shape) -> None:
    moved = []
    for kind in (PreciseMuon, torch.optim.Muon):
        torch.manual_seed(0)
        weight = nn.Parameter(torch.randn(shape))
        before = weight.detach().clone()
        optimiser = kind([weight], 1e-2, weight_decay=0.1, momentum=0.9, adjust_lr_fn="match_rms_adamw")
        for _ in range(3):
            weight.grad = torch.randn(shape)
            optimiser.step()
        moved.append((weight.detach() - before, optimiser.state[weight]["momentum_buffer"]))
    (mine, momentum), (torchs, other) = moved
    torch.testing.assert_close(momentum, other)
    assert (mine - torchs).norm() < 0.01 * torchs.norm()


def test_all_directions_become_about_as_strong() -> None:
    torch.manual_seed(1)
    matrix = torch.randn(30, 50) * torch.logspace(0, -2, 50)
    values = torch.linalg.svdvals(evened(matrix, (3.4445, -4.7750, 2.0315), 5, 1e-7))
    assert values.min() > 0.5 and values.max() < 1.5
