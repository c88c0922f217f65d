"""The image autoencoder of Stable Diffusion, frame by frame, on diffusers' AutoencoderKL."""

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
