"""What a young network hears of the poses."""

from dataclasses import replace

import pytest
import torch

from sv3d_engine.laboratory.training import command, training_stages
from sv3d_engine.laboratory.training.config import read_config
from sv3d_engine.laboratory.training.networks import fresh, lay_out_features
from sv3d_engine.laboratory.training.objectives import DiffusionObjective
from sv3d_engine.shared.trajectory import static
from sv3d_engine.sv3d.diffusion.conditioning import camera_vector
from tests.laboratory.training.runs import steps, tiny
from tests.laboratory.training.stand_in import ball


@pytest.fixture
def unet():
    return fresh(tiny().architecture_of("p"), 0).unet


def heard(unet):  # (F, C)
    return unet.add_embedding(camera_vector(static(12.0), "p")).detach()


def test_poses_differ_in_it_and_neighbours_are_alike(unet):
    before = heard(unet)
    lay_out_features(unet, 0)
    after = heard(unet)
    assert before.std(0).mean() < 0.1  # a new layer as it comes: all poses sound the same
    assert 0.5 < after.std(0).mean() < 1.5
    assert after.mean(0).abs().mean() < 0.5
    beside = (after - after.roll(1, 0)).square().mean(1)[1:]
    across = (after - after.roll(10, 0)).square().mean(1)
    assert beside.mean() < across.mean() / 2


def test_it_is_the_same_for_the_same_seed(unet):
    lay_out_features(unet, 0)
    first = heard(unet)
    lay_out_features(unet, 1)
    assert not torch.equal(heard(unet), first)
    lay_out_features(unet, 0)
    assert torch.equal(heard(unet), first)


def test_its_features_stay_and_what_is_made_of_them_is_learnt():
    model = fresh(tiny().architecture_of("p"), 0)
    stage = next(s for s in read_config("mini_cpu").stages if s.camera_features)
    DiffusionObjective(model, stage)
    layer = model.unet.add_embedding
    assert not any(p.requires_grad for p in layer.linear_1.parameters())
    assert all(p.requires_grad for p in layer.linear_2.parameters())


def test_they_are_laid_out_once_and_not_over_what_was_learnt(tmp_path, monkeypatch):
    laid_out = []
    monkeypatch.setattr(
        training_stages, "lay_out_features", lambda unet, seed: laid_out.append(lay_out_features(unet, seed))
    )
    config = steps(tiny(data=replace(tiny().data, orbits=2, held_out=1)), 1)
    first = replace(config.stages[-1], name="p", camera_features=True)
    config = replace(config, stages=(config.stages[0], first, replace(first, name="more")))
    file = command.start(config, tmp_path / "new", tmp_path / "orbits", "cpu", source=ball)
    assert len(laid_out) == 1
    config = replace(config, start=str(file), autoencoder=None, stages=config.stages[1:2])
    command.start(config, tmp_path / "on", tmp_path / "orbits", "cpu", source=ball)
    assert len(laid_out) == 1
