"""The optimiser of matrices and the rest: what a step does to each, and that its state can be kept."""

import pytest
import torch
from torch import nn

from sv3d_engine.laboratory.training.config import Optimiser
from sv3d_engine.laboratory.training.optimiser import MuonAdamW, make_optimiser

RATE = 1e-2
CPU = torch.device("cpu")


def settings(method):
    return Optimiser(steps=1, batch=1, rate=RATE, method=method, weight_decay=0.0)


@pytest.fixture
def layers():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(16, 32, 3), nn.Flatten(), nn.Linear(32, 40), nn.Linear(40, 3))


def learn(layers, optimiser, steps):
    for step in range(steps):
        random = torch.Generator().manual_seed(step)
        layers(torch.randn(8, 16, 3, 3, generator=random)).square().mean().backward()
        optimiser.step()
        optimiser.zero_grad()


def test_a_matrix_moves_in_all_its_directions_alike():
    torch.manual_seed(0)
    layer = nn.Linear(40, 24)
    before = layer.weight.detach().clone()
    optimiser = make_optimiser(layer.parameters(), settings("muon"), CPU)
    strong_and_weak = torch.logspace(0, -2, 40)
    (layer(torch.randn(64, 40) * strong_and_weak) - torch.randn(64, 24)).square().mean().backward()
    learnt = torch.linalg.svdvals(layer.weight.grad)
    optimiser.step()
    moved = torch.linalg.svdvals(before - layer.weight.detach())
    assert learnt[0] > 20 * learnt[-1]
    assert moved[0] < 3 * moved[-1]


@pytest.mark.parametrize("index", [1, 3, 4, 5])
def test_what_is_no_matrix_moves_as_adamw_moves_it(layers, index):
    """Biases, and the last layer, which has three rows."""
    twin = nn.Sequential(nn.Conv2d(16, 32, 3), nn.Flatten(), nn.Linear(32, 40), nn.Linear(40, 3))
    twin.load_state_dict(layers.state_dict())
    learn(layers, make_optimiser(layers.parameters(), settings("muon"), CPU), 1)
    learn(twin, make_optimiser(twin.parameters(), settings("adamw"), CPU), 1)
    pairs = list(zip(layers.parameters(), twin.parameters(), strict=True))
    assert torch.equal(*pairs[index])
    assert not torch.equal(*pairs[0])


def test_it_obeys_the_rate(layers):
    optimiser = make_optimiser(layers.parameters(), settings("muon"), CPU)
    before = [p.detach().clone() for p in layers.parameters()]
    optimiser.param_groups[0]["lr"] = 0.0
    learn(layers, optimiser, 1)
    assert all(torch.equal(p, b) for p, b in zip(layers.parameters(), before, strict=True))


def test_a_weight_that_was_moved_is_learnt_all_the_same(layers):
    """As accelerate does when a network is prepared for several processes."""
    optimiser = make_optimiser(layers.parameters(), settings("muon"), CPU)
    for parameter in layers.parameters():
        parameter.data = parameter.data.clone()
    before = [p.detach().clone() for p in layers.parameters()]
    learn(layers, optimiser, 1)
    assert not any(torch.equal(p, b) for p, b in zip(layers.parameters(), before, strict=True))


def test_a_kept_state_goes_on_exactly(layers):
    twin = nn.Sequential(nn.Conv2d(16, 32, 3), nn.Flatten(), nn.Linear(32, 40), nn.Linear(40, 3))
    first = make_optimiser(layers.parameters(), settings("muon"), CPU)
    assert isinstance(first, MuonAdamW)
    learn(layers, first, 2)
    twin.load_state_dict(layers.state_dict())
    second = make_optimiser(twin.parameters(), settings("muon"), CPU)
    for a, b in zip(layers.parameters(), twin.parameters(), strict=True):
        second.state[b] = {name: value.clone() for name, value in first.state[a].items()}
    learn(layers, first, 1)
    learn(twin, second, 1)
    assert all(torch.equal(a, b) for a, b in zip(layers.parameters(), twin.parameters(), strict=True))
