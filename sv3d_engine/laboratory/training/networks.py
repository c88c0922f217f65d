"""Networks to train: new ones and how they start, those of a checkpoint, and SV3D_u's turned into SV3D_p's."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from diffusers.models.attention_processor import Attention
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.downsampling import Downsample2D
from diffusers.models.resnet import ResnetBlock2D, TemporalResnetBlock
from diffusers.models.transformers.transformer_temporal import TransformerSpatioTemporalModel
from diffusers.models.upsampling import Upsample2D
from torch import Tensor, nn
from torch.nn import functional

from ...ground.torch_setup import stage_seed
from ...shared.architecture import LATENT_CHANNELS, POSE_WIDTH, Architecture
from ...shared.trajectory import dynamic
from ...sv3d.diffusion.conditioning import camera_vector
from ...sv3d.network.clip import ClipTower
from ...sv3d.network.sv3d import SCALE_FACTOR, SV3D, build_autoencoder
from ...sv3d.network.unet import OrbitUNet, build_unet
from ...sv3d.network.weights import load_sv3d

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


_ORBITS = 64  # whose poses the features are made for
_SPREAD = 2.0  # standard deviation of a feature before its nonlinearity: the higher, the finer poses are told apart


@torch.no_grad()
def lay_out_features(unet: OrbitUNet, seed: int) -> None:
    """Give SV3D_p's camera layer new weights, the same for the same seed.

    Its first half, (C, 1280), becomes C random features of a pose (Rahimi and Recht 2007), of mean 0 and deviation
    ``_SPREAD`` over training's poses before their nonlinearity; its second, (C, C), mixes them to mean 0, deviation 1.
    """
    random = torch.Generator().manual_seed(stage_seed(seed, "camera features"))
    layer = unet.add_embedding
    vectors = _training_vectors(random)
    heard = _lay_out(layer.linear_1, vectors, _SPREAD, random)
    _lay_out(layer.linear_2, functional.silu(heard), 1.0, random)


def freeze_features(unet: OrbitUNet) -> None:
    """Let the camera layer's first half be as it is; its second learns."""
    unet.add_embedding.linear_1.requires_grad_(False)


def _training_vectors(random: torch.Generator) -> Tensor:  # (N, 1280)
    """Camera vectors of orbits like those that are learnt from."""
    elevations = torch.empty(_ORBITS).uniform_(-5, 30, generator=random).tolist()
    return torch.cat([camera_vector(dynamic(elevation, i), "p") for i, elevation in enumerate(elevations)])


def _lay_out(layer: nn.Linear, seen: Tensor, deviation: float, random: torch.Generator) -> Tensor:  # (N, I) → (N, O)
    """Random weights with which the layer's answer to ``seen`` has mean 0 and this deviation; the answer."""
    weight = torch.randn(layer.weight.shape, generator=random)
    weight *= deviation / (seen @ weight.T).std(0)[:, None]
    answer = seen @ weight.T
    layer.weight.copy_(weight)
    layer.bias.copy_(-answer.mean(0))
    return answer - answer.mean(0)


def fresh(architecture: Architecture, seed: int) -> SV3D:
    """All three networks with new weights, float32 on the CPU; the same for the same seed.

    Every residual branch of the UNet starts as nothing, as in the reference, and the network's answer too.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = SV3D(build_unet(architecture), ClipTower(architecture), build_autoencoder(architecture), architecture)
        _start_clip(model.clip)
    start_as_patch_colours(model.autoencoder)
    with torch.no_grad():
        for layer in _last_layers(model.unet):
            for parameter in layer.parameters():
                parameter.zero_()
        # The picture's latents come unscaled, so they are about 1/SCALE_FACTOR times as large as the others.
        model.unet.conv_in.weight[:, LATENT_CHANNELS:] *= SCALE_FACTOR
    return model


def from_weights(path: Path) -> SV3D:
    """The networks of a checkpoint, float32 on the CPU.  Raises UserError."""
    model = load_sv3d(path)
    for _, part in model.parts():
        part.requires_grad_(True)
    return model


def with_poses(model: SV3D) -> SV3D:
    """SV3D_p that answers as the given SV3D_u does whatever the poses: its camera layer widened with zeros."""
    if model.architecture.variant == "p":
        return model
    architecture = replace(model.architecture, vector_width=POSE_WIDTH)
    unet = build_unet(architecture)
    state = model.unet.state_dict()
    name = "add_embedding.linear_1.weight"
    wide = torch.zeros_like(unet.get_parameter(name), device=state[name].device)
    wide[:, : state[name].shape[1]] = state[name]  # cond_aug comes first in both
    unet.load_state_dict({**state, name: wide})
    return SV3D(nn.Module.to(unet, wide.device), model.clip, model.autoencoder, architecture)


def _start_clip(clip: ClipTower) -> None:
    """What ClipTower leaves empty, as CLIP starts it (Radford et al. 2021)."""
    width = clip.class_embedding.numel()
    for parameter in (clip.class_embedding, clip.positional_embedding, clip.proj):
        nn.init.normal_(parameter, std=width**-0.5)


def _last_layers(unet: OrbitUNet) -> Iterator[nn.Module]:
    """The last layer of each residual branch, and of the network."""
    yield unet.conv_out
    for module in unet.modules():
        if isinstance(module, ResnetBlock2D | TemporalResnetBlock):
            yield module.conv2
        elif isinstance(module, TransformerSpatioTemporalModel):
            yield module.proj_out
