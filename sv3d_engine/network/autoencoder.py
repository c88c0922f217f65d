"""The image autoencoder of Stable Diffusion, frame by frame, on diffusers' AutoencoderKL."""

from collections.abc import Callable

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import Tensor

from .architecture import LATENT_CHANNELS, Architecture

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
    )


def encode(autoencoder: AutoencoderKL, picture: Tensor) -> Tensor:  # (B, 3, H, W) in [−1, 1] → (B, 4, h, w)
    """The most likely latents, in the autoencoder's own scale."""
    mode: Tensor = autoencoder.encode(picture.to(autoencoder.dtype)).latent_dist.mode()
    return mode


def decode(
    autoencoder: AutoencoderKL,
    latents: Tensor,  # (N, 4, h, w) in the diffusion's scale
    chunk: int,
    tell: Callable[[int], None] = lambda done: None,
) -> Tensor:  # (N, 3, H, W) float32 on the CPU, in [−1, 1] or a little beyond
    """Decode ``chunk`` frames at a time: frames do not see each other, so the chunks leave no seam.

    ``tell`` is called before each chunk with the number of frames done.
    """
    frames = []
    for start in range(0, len(latents), chunk):
        tell(start)
        part = latents[start : start + chunk].to(autoencoder.device, autoencoder.dtype) / SCALE_FACTOR
        frames.append(autoencoder.decode(part).sample.float().cpu())
    return torch.cat(frames)
