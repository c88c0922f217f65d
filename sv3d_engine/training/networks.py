"""Networks to train: new ones, those of a checkpoint, and SV3D_u's turned into SV3D_p's."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from diffusers.models.resnet import ResnetBlock2D, TemporalResnetBlock
from diffusers.models.transformers.transformer_temporal import TransformerSpatioTemporalModel
from torch import nn

from ..network.architecture import LATENT_CHANNELS, POSE_WIDTH, Architecture
from ..network.autoencoder import SCALE_FACTOR, build_autoencoder
from ..network.clip import ClipTower
from ..network.sv3d import SV3D
from ..network.unet import OrbitUNet, build_unet
from ..network.weights import load_sv3d
from .patch_colours import start_as_patch_colours


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
