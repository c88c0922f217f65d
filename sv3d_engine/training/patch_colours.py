"""How a new autoencoder starts: each latent tells the mean colour of its patch.

Left to chance, the four channels are first spent on lightness and its slopes, and pictures stay grey for a long time.
Here twelve features of every layer carry red, green and blue through both networks unchanged, and all other features
start as PyTorch has them; from there everything is learnt.
"""

import math
from typing import Any

import torch
from diffusers.models.attention_processor import Attention
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.downsampling import Downsample2D
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.upsampling import Upsample2D
from torch import Tensor, nn

from ..network.architecture import LATENT_CHANNELS

_LOG_VARIANCE = -5.0  # of the latents: the noise drawn on them starts small, not as large as all they tell
# Lightness, and two directions of colour, at gains that give each about variance 1 over the dataset's patches.
_OPPONENT = ((0.7, 0.7, 0.7), (4.2, 0.0, -4.2), (4.1, -8.2, 4.1))

# Features (+R, −R, +K, −K), then the same for green and blue.  A constant K keeps a group's deviation, by which the
# last normalisation divides, nearly the same for every picture; and SiLU(x) − SiLU(−x) = x.
_CARRIED = 12
_CONSTANT = 4.0


@torch.no_grad()
def start_as_patch_colours(autoencoder: AutoencoderKL) -> None:
    """Change a new autoencoder in place; the fourth latent stays as chance has it."""
    for module in autoencoder.modules():
        _carry(module)
    opponent = torch.tensor(_OPPONENT)
    encoder, decoder = autoencoder.encoder, autoencoder.decoder
    _spread(encoder.conv_in, torch.eye(3))
    _gather(encoder.conv_out, encoder.conv_norm_out, opponent)
    _spread(decoder.conv_in, torch.linalg.inv(opponent))
    _gather(decoder.conv_out, decoder.conv_norm_out, torch.eye(3))
    layer = autoencoder.quant_conv
    assert layer is not None and layer.bias is not None
    _pass_on(layer, LATENT_CHANNELS)
    layer.weight[LATENT_CHANNELS:] = 0
    layer.bias[LATENT_CHANNELS:] = _LOG_VARIANCE
    if autoencoder.post_quant_conv is not None:
        _pass_on(autoencoder.post_quant_conv, LATENT_CHANNELS)


def _carry(module: nn.Module) -> None:
    """Let the carried features through: branches add nothing to them, halving averages and doubling repeats."""
    if isinstance(module, ResnetBlock2D):
        _silence(module.conv2, _CARRIED)
        if module.conv_shortcut is not None:
            _pass_on(module.conv_shortcut, _CARRIED)
    elif isinstance(module, Attention):
        _silence(module.to_out[0], _CARRIED)
    elif isinstance(module, Downsample2D):
        _silence(module.conv, _CARRIED)
        for k in range(_CARRIED):
            module.conv.weight[k, k, :2, :2] = 0.25  # the reference pads at the right and at the bottom
    elif isinstance(module, Upsample2D):
        _pass_on(module.conv, _CARRIED)


def _silence(layer: Any, count: int) -> None:
    """The first ``count`` answers of a layer, linear or a convolution, are nothing."""
    layer.weight[:count] = 0
    layer.bias[:count] = 0


def _pass_on(layer: Any, count: int) -> None:
    """The first ``count`` features of a convolution come out as they are."""
    _silence(layer, count)
    middle = layer.weight.shape[-1] // 2
    for k in range(count):
        layer.weight[k, k, middle, middle] = 1


def _spread(layer: Any, colours: Tensor) -> None:  # (3, 3): rows of what the first three inputs make of R, G and B
    """A 3×3 convolution gives red, green and blue to the carried features."""
    _silence(layer, _CARRIED)
    for k, row in enumerate(colours):
        layer.weight[4 * k, :3, 1, 1] = row
        layer.weight[4 * k + 1, :3, 1, 1] = -row
        layer.bias[4 * k + 2], layer.bias[4 * k + 3] = _CONSTANT, -_CONSTANT


def _gather(layer: Any, norm: Any, wanted: Tensor) -> None:  # (3, 3): rows of R, G and B
    """A 3×3 convolution makes its first three answers of the carried features, which ``norm`` has divided."""
    size = norm.num_channels // norm.num_groups
    _silence(layer, 3)
    for k in range(3):
        first = 4 * k // size * size  # of those that are normalised together with this colour's
        constants = sum(i % 4 >= 2 for i in range(first, min(first + size, _CARRIED)))
        deviation = _CONSTANT * math.sqrt(max(constants, 1) / size)
        layer.weight[:3, 4 * k, 1, 1] = wanted[:, k] * deviation
        layer.weight[:3, 4 * k + 1, 1, 1] = -wanted[:, k] * deviation
