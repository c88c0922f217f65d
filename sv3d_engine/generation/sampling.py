"""From a picture and cameras to frames in three steps: condition, sample, decode."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ..diffusion import samplers
from ..diffusion.conditioning import COND_AUG, Conditioning, camera_vector
from ..diffusion.denoiser import GuidedDenoiser
from ..network.autoencoder import decode, encode
from ..network.clip import preprocess
from ..network.sv3d import SV3D
from ..orbit.trajectory import Pose
from .placement import Placement


def condition(model: SV3D, picture: Tensor, poses: Sequence[Pose], noise: Tensor, placement: Placement) -> Conditioning:
    """What the network is told: picture (1, 3, S, S) in [−1, 1], standard normal noise of the same shape."""
    with torch.no_grad():
        with placement.using(model.clip) as clip:
            seen = preprocess(picture, model.architecture.clip_size)
            token = clip(seen.to(placement.device, next(clip.parameters()).dtype)).float()
        with placement.using(model.autoencoder) as autoencoder:
            latents = encode(autoencoder, (picture + COND_AUG * noise).to(placement.device)).float()
    vector = camera_vector(poses, model.architecture.variant)
    return Conditioning(token[:, None], latents, vector).to(placement.device)


def sample(
    model: SV3D,
    known: Conditioning,
    noise: Tensor,  # (21, 4, h, w) standard normal
    sigmas: Tensor,
    scale: Tensor,  # (21,) strength of the guidance
    sampler: str,
    placement: Placement,
    watch: samplers.Watch = lambda done, clean: None,
) -> Tensor:  # (21, 4, h, w) float32, in the diffusion's scale
    """Denoise from pure noise."""
    solve = samplers.dpmpp_2m if sampler == "dpm++2m" else samplers.euler
    with torch.no_grad(), placement.using(model.unet) as unet:
        denoise = GuidedDenoiser(unet, known, scale.to(placement.device), placement.together)
        return solve(denoise, samplers.initial(noise, sigmas).to(placement.device), sigmas, watch)


def decoded(
    model: SV3D, latents: Tensor, placement: Placement, tell: Callable[[int], None] = lambda done: None
) -> Tensor:  # (21, 3, S, S) float32 on the CPU, about [−1, 1]
    """Latents in the diffusion's scale to frames."""
    with torch.no_grad(), placement.using(model.autoencoder) as autoencoder:
        return decode(autoencoder, latents, placement.chunk, tell)
