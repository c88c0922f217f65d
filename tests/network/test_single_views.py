"""Frames on their own: what diffusers' blocks answer when told of images, and nothing of the other frames."""

import pytest
import torch

from sv3d_engine.network.single_views import across_frames, see_frames_alone
from sv3d_engine.training.networks import add_nothing_across_frames, fresh
from tests.training.runs import tiny


@pytest.fixture
def unet():
    unet = fresh(tiny().architecture, 0).unet
    with torch.no_grad():
        for i, parameter in enumerate(unet.parameters()):  # nothing is left at nothing
            parameter.add_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(i)), alpha=0.02)
    return unet


def asked(unet, frames=3):
    random = torch.Generator().manual_seed(0)
    sample = torch.randn(2, frames, 8, 8, 8, generator=random)
    context = torch.randn(2, 1, unet.config["cross_attention_dim"], generator=random)
    vector = torch.randn(2, frames, unet.config["projection_class_embeddings_input_dim"], generator=random)
    with torch.no_grad():
        return unet(sample, torch.tensor([0.3, -0.2]), context, vector), (sample, context, vector)


def test_it_is_what_the_blocks_answer_when_told_of_images(unet, monkeypatch):
    see_frames_alone(unet, True)
    alone, _ = asked(unet)
    see_frames_alone(unet, False)
    together, _ = asked(unet)
    monkeypatch.setattr("sv3d_engine.network.unet.zeros", torch.ones)  # image_only_indicator
    told, _ = asked(unet)
    assert torch.allclose(alone, told, atol=1e-5)
    assert not torch.allclose(alone, together, atol=1e-2)


def test_a_frame_knows_nothing_of_the_others(unet):
    see_frames_alone(unet, True)
    whole, (sample, context, vector) = asked(unet)
    with torch.no_grad():
        one = unet(sample[:, 1:2], torch.tensor([0.3, -0.2]), context, vector[:, 1:2])
    assert torch.allclose(one, whole[:, 1:2], atol=1e-5)


def test_layers_across_frames_get_no_gradient_and_all_others_do(unet):
    see_frames_alone(unet, True)
    across = {id(p) for p in across_frames(unet)}
    assert across
    sample, context = torch.randn(1, 1, 8, 8, 8), torch.randn(1, 1, unet.config["cross_attention_dim"])
    vector = torch.randn(1, 1, unet.config["projection_class_embeddings_input_dim"])
    unet(sample, torch.tensor([0.3]), context, vector).square().mean().backward()
    for name, parameter in unet.named_parameters():
        no_use = any(part in name for part in ("attn2.to_q", "attn2.to_k", ".norm2."))  # one token: no question
        if id(parameter) in across:
            assert parameter.grad is None, name
        elif not (no_use and "transformer_blocks" in name):
            assert parameter.grad is not None, name


def test_what_was_learnt_from_frames_alone_is_answered_together_as_well():
    unet = fresh(tiny().architecture, 0).unet
    add_nothing_across_frames(unet)
    torch.nn.init.normal_(unet.conv_out.weight)
    for name, parameter in unet.named_parameters():
        if name.endswith(("spatial_res_block.conv2.weight", "proj_out.weight")):
            torch.nn.init.normal_(parameter, std=0.1)
    together, _ = asked(unet)
    see_frames_alone(unet, True)
    alone, _ = asked(unet)
    assert torch.allclose(alone, together, atol=1e-4)
    assert alone.std() > 0.1
