"""New networks, averages of weights, and u turned into p."""

from dataclasses import replace

import torch

from sv3d_engine.laboratory.training.networks import fresh, with_poses
from sv3d_engine.laboratory.training.optimiser import Ema
from sv3d_engine.shared.trajectory import dynamic, static
from sv3d_engine.sv3d.diffusion.conditioning import camera_vector
from tests.laboratory.training.runs import tiny


def asked(model, vector):
    sample = torch.randn(1, 21, 8, 4, 4, generator=torch.Generator().manual_seed(0))
    token = torch.ones(1, 1, model.architecture.context_width)
    with torch.no_grad():
        return model.unet(sample, torch.tensor([0.3]), token, vector[None])


def test_new_networks_are_whole_and_the_same_for_a_seed():
    one, two, other = (fresh(tiny().architecture, seed) for seed in (1, 1, 2))
    for (_, a), (_, b) in zip(one.parts(), two.parts(), strict=True):
        for x, y in zip(a.parameters(), b.parameters(), strict=True):
            assert torch.equal(x, y)
            assert x.isfinite().all()
    assert not torch.equal(one.clip.proj, other.clip.proj)
    assert one.clip.proj.std() > 0.01


def test_a_new_network_answers_nothing():
    model = fresh(tiny().architecture, 0)
    assert asked(model, camera_vector(static(5), "p")).abs().max() == 0


def test_widening_for_poses_changes_nothing_yet():
    u = fresh(tiny().architecture_of("u"), 0)
    torch.nn.init.normal_(u.unet.conv_out.weight)
    p = with_poses(u)
    assert p.architecture == replace(u.architecture, vector_width=1280)
    before = asked(u, camera_vector(static(5), "u"))
    assert torch.allclose(asked(p, camera_vector(dynamic(20, 3), "p")), before, atol=1e-5)
    assert before.abs().max() > 0
    assert all(x.requires_grad for x in p.unet.parameters())


def test_averages_of_weights():
    layer = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(layer.weight)
    ema = Ema(layer, 0.5)
    torch.nn.init.ones_(layer.weight)
    ema.update(1)  # (1 + 1)/(10 + 1) of the old
    assert torch.allclose(ema.average["weight"], torch.tensor(9 / 11))
    with ema.in_place():
        assert torch.allclose(layer.weight, torch.tensor(9 / 11))
    assert layer.weight == 1
    for _ in range(3):
        ema.update(1000)
    assert torch.allclose(ema.average["weight"], torch.tensor(1 - 2 / 11 / 8))
