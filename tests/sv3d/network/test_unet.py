"""The blocks that differ from diffusers' in how they compute, not in what."""

import pytest
import torch
from diffusers.models.resnet import AlphaBlender
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from sv3d_engine.laboratory.bench.orbit_bench import TINY
from sv3d_engine.sv3d.network.unet import Blend, TemporalConv, build_unet


def features(channels=6):
    """As a residual block has them: frames were the batch a moment ago."""
    return torch.randn(2, 5, channels, 4, 3).transpose(1, 2)


def test_a_temporal_convolution_is_the_three_dimensional_one():
    torch.manual_seed(0)
    layer = nn.Conv3d(6, 7, (3, 1, 1), padding=(1, 0, 0))
    x = features().requires_grad_()
    answers, gradients = [], []
    for conv in (layer, TemporalConv.of(layer)):
        answers.append(conv(x))
        gradients.append(torch.autograd.grad(answers[-1].square().sum(), (x, layer.weight, layer.bias)))
    torch.testing.assert_close(*answers, rtol=1e-5, atol=1e-6)
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


def test_a_temporal_convolution_keeps_a_layout_with_channels_last():
    layer = TemporalConv.of(nn.Conv3d(6, 7, (3, 1, 1), padding=(1, 0, 0)))
    x = features()
    before = layer(x)
    layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last_3d)
    after = layer(x)
    assert after.is_contiguous(memory_format=torch.channels_last_3d)
    torch.testing.assert_close(after, before, rtol=1e-5, atol=1e-6)


def test_a_temporal_convolution_counts_as_many_operations():
    layer, flop = nn.Conv3d(6, 7, (3, 1, 1), padding=(1, 0, 0)), []
    for conv in (layer, TemporalConv.of(layer)):
        with FlopCounterMode(display=False) as counter:
            conv(features())
        flop.append(counter.get_total_flops())
    assert flop[0] == flop[1] > 0


@pytest.mark.parametrize("given", [features, lambda: torch.randn(10, 12, 6)], ids=["residual", "transformer"])
def test_a_blend_is_the_weighted_mean_of_both(given):
    layer = AlphaBlender(0.8)
    spatial, temporal, video = given(), given(), torch.zeros(2, 5)
    with torch.no_grad():
        expected = layer(spatial, temporal, video)
        torch.testing.assert_close(Blend.of(layer)(spatial, temporal, video), expected, rtol=1e-5, atol=1e-6)
        assert not torch.allclose(expected, layer(temporal, spatial, video), atol=0.1)


def test_the_whole_network_has_them_and_keeps_parameters_and_random_numbers():
    torch.manual_seed(0)
    unet = build_unet(TINY)
    convolutions = [module for module in unet.modules() if isinstance(module, nn.Conv3d)]
    blends = [module for module in unet.modules() if isinstance(module, AlphaBlender)]
    assert {type(module) for module in convolutions} == {TemporalConv}
    assert {type(module) for module in blends} == {Blend}
    assert all(p.device.type == "cpu" for p in unet.parameters())
    layer, blend = nn.Conv3d(6, 7, (3, 1, 1)), AlphaBlender(0.3)
    state = torch.get_rng_state()
    assert TemporalConv.of(layer).weight is layer.weight and TemporalConv.of(layer).bias is layer.bias
    assert Blend.of(blend).mix_factor is blend.mix_factor
    assert torch.equal(torch.get_rng_state(), state)
