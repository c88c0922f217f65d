"""SV3D's three networks, made without memory and filled tensor by tensor; the autoencoder's two ways."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import Tensor, nn

from ...shared.architecture import LATENT_CHANNELS, Architecture
from .checkpoint_keys import autoencoder_key, clip_key, unet_key
from .clip import ClipTower
from .unet import OrbitUNet, build_unet

SCALE_FACTOR = 0.18215  # what the diffusion sees is the autoencoder's latents times this


def build_autoencoder(architecture: Architecture) -> AutoencoderKL:
    """An autoencoder with uninitialised weights, on torch's current default device."""
    levels = len(architecture.vae_channels)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=architecture.vae_channels,
        layers_per_block=architecture.vae_blocks,
        latent_channels=LATENT_CHANNELS,
        scaling_factor=SCALE_FACTOR,
        use_post_quant_conv=architecture.post_quant,
        norm_num_groups=architecture.groups,
    )


def encode(autoencoder: AutoencoderKL, picture: Tensor) -> Tensor:  # (B, 3, H, W) in [−1, 1] → (B, 4, h, w)
    """The most likely latents, in the autoencoder's own scale."""
    mode: Tensor = autoencoder.encode(picture.to(autoencoder.dtype)).latent_dist.mode()
    return mode


def decode(autoencoder: AutoencoderKL, latents: Tensor) -> Tensor:  # (N, 4, h, w) → (N, 3, H, W)
    """Frames as float32 on the CPU, in [−1, 1] or a little beyond, from latents in the diffusion's scale.

    Frames do not see each other, so that they may be decoded in chunks without a seam.
    """
    latents = latents.to(autoencoder.device, autoencoder.dtype) / SCALE_FACTOR
    frames: Tensor = autoencoder.decode(latents).sample.float().cpu()
    return frames


# Whatever the others work in: the reference keeps the autoencoder out of half precision, too.
AUTOENCODER_DTYPE = torch.float32


@dataclass(frozen=True)
class SV3D:
    """The networks in evaluation mode, without gradients."""

    unet: OrbitUNet
    clip: ClipTower
    autoencoder: AutoencoderKL
    architecture: Architecture

    def parts(self) -> Iterator[tuple[str, nn.Module]]:
        yield from (("unet", self.unet), ("clip", self.clip), ("autoencoder", self.autoencoder))


def empty_sv3d(architecture: Architecture) -> SV3D:
    """All parameters on the meta device: shapes without memory."""
    with torch.device("meta"):
        parts = build_unet(architecture), ClipTower(architecture), build_autoencoder(architecture)
    model = SV3D(*parts, architecture)
    for _, part in model.parts():
        part.eval().requires_grad_(False)
    return model


def checkpoint_keys(model: SV3D) -> dict[str, tuple[nn.Module, str]]:
    """For every tensor of the checkpoint that is read: the module it goes to and the parameter's name there."""
    keys: dict[str, tuple[nn.Module, str]] = {}
    for part, module in model.parts():
        for name, _ in module.named_parameters():
            key = {
                "unet": lambda n: unet_key(n, model.architecture),
                "clip": clip_key,
                "autoencoder": lambda n: autoencoder_key(n, model.architecture),
            }[part](name)
            keys[key] = (module, name)
    return keys


def fits(shape: tuple[int, ...], parameter: Tensor) -> bool:
    """Whether a stored tensor is a parameter's, be it that a 1×1 convolution is a linear layer here."""
    return shape == tuple(parameter.shape) or shape == (*parameter.shape, 1, 1)


def fill(
    targets: Mapping[str, tuple[nn.Module, str]],
    tensor: Callable[[str], Tensor],
    dtype: torch.dtype,
    tell: Callable[[float], None],
) -> None:
    """Give each parameter its tensor on the tensor's device; one at a time, so nothing is held twice.

    UNet and CLIP get them in ``dtype``, the autoencoder in AUTOENCODER_DTYPE.
    """
    for index, (key, (module, name)) in enumerate(targets.items()):
        tell(index / len(targets))
        owner, _, attribute = name.rpartition(".")
        shape = module.get_parameter(name).shape
        kept = AUTOENCODER_DTYPE if isinstance(module, AutoencoderKL) else dtype
        value = tensor(key).to(kept).reshape(shape)
        setattr(module.get_submodule(owner), attribute, nn.Parameter(value, requires_grad=False))


def random_sv3d(architecture: Architecture, dtype: torch.dtype, device: torch.device) -> SV3D:
    """Networks with random weights that keep features of order one."""
    model = empty_sv3d(architecture)
    targets = checkpoint_keys(model)
    random = torch.Generator(device).manual_seed(0)

    def tensor(key: str) -> Tensor:
        module, name = targets[key]
        shape = module.get_parameter(name).shape
        most = math.prod(shape[1:]) ** -0.5
        return torch.empty(shape, device=device).uniform_(-most, most, generator=random)

    fill(targets, tensor, dtype, lambda done: None)
    return model
