"""What a young network hears of the poses."""

import pytest
import torch

from sv3d_engine.diffusion.conditioning import camera_vector
from sv3d_engine.orbit.trajectory import static
from sv3d_engine.training.camera_features import lay_out
from sv3d_engine.training.config import read_config
from sv3d_engine.training.diffusion import DiffusionObjective
from sv3d_engine.training.networks import fresh
from tests.training.runs import tiny


@pytest.fixture
def unet():
    return fresh(tiny().architecture_of("p"), 0).unet


def heard(unet):  # (F, C)
    return unet.add_embedding(camera_vector(static(12.0), "p")).detach()


def test_poses_differ_in_it_and_neighbours_are_alike(unet):
    before = heard(unet)
    lay_out(unet, 0)
    after = heard(unet)
    assert before.std(0).mean() < 0.1  # a new layer as it comes: all poses sound the same
    assert 0.5 < after.std(0).mean() < 1.5
    assert after.mean(0).abs().mean() < 0.5
    beside = (after - after.roll(1, 0)).square().mean(1)[1:]
    across = (after - after.roll(10, 0)).square().mean(1)
    assert beside.mean() < across.mean() / 2


def test_it_is_the_same_for_the_same_seed(unet):
    lay_out(unet, 0)
    first = heard(unet)
    lay_out(unet, 1)
    assert not torch.equal(heard(unet), first)
    lay_out(unet, 0)
    assert torch.equal(heard(unet), first)


def test_its_features_stay_and_what_is_made_of_them_is_learnt():
    model = fresh(tiny().architecture_of("p"), 0)
    (stage,) = (s for s in read_config("mini_cpu").stages if s.camera_features)
    DiffusionObjective(model, stage)
    layer = model.unet.add_embedding
    assert not any(p.requires_grad for p in layer.linear_1.parameters())
    assert all(p.requires_grad for p in layer.linear_2.parameters())
