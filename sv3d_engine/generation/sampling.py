"""From a picture and cameras to frames in three steps: condition, sample, decode."""

from collections.abc import Callable, Sequence

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import Tensor

from ..diffusion import samplers
from ..diffusion.conditioning import COND_AUG, Conditioning, camera_vector
from ..diffusion.denoiser import GuidedDenoiser
from ..diffusion.guidance import Guidance
from ..network.autoencoder import decode, encode
from ..network.clip import preprocess
from ..network.sv3d import SV3D
from ..orbit.trajectory import Pose
from .placement import Placement


def condition(model: SV3D, picture: Tensor, poses: Sequence[Pose], noise: Tensor, placement: Placement) -> Conditioning:
    """What the network is told: picture (1, 3, S, S) in [−1, 1], standard normal noise of the same shape."""
    with torch.no_grad():
        seen = preprocess(picture, model.architecture.clip_size)
        with placement.using(model.clip) as clip:
            token = clip.do(lambda c: c(seen.to(placement.device, next(c.parameters()).dtype)).float())
        with placement.using(model.autoencoder) as autoencoder:
            noisy = (picture + COND_AUG * noise).to(placement.device)
            latents = autoencoder.do(lambda a: encode(a, noisy).float())
    vector = camera_vector(poses, model.architecture.variant)
    return Conditioning(token[:, None], latents, vector[None]).to(placement.device)


def sample(
    model: SV3D,
    known: Conditioning,
    noise: Tensor,  # (B, 21, 4, h, w) standard normal
    sigmas: Tensor,
    guidance: Guidance,
    sampler: str,
    placement: Placement,
    watch: samplers.Watch = lambda done, clean: None,
) -> Tensor:  # (B, 21, 4, h, w) float32, in the diffusion's scale
    """Denoise from pure noise, all orbits in step."""
    solve = samplers.dpmpp_2m if sampler == "dpm++2m" else samplers.euler
    with torch.no_grad(), placement.using(model.unet) as at_work:

        def denoise(latents: Tensor, sigma: float) -> Tensor:
            return at_work.do(lambda unet: GuidedDenoiser(unet, known, guidance, placement.together)(latents, sigma))

        return solve(denoise, samplers.initial(noise, sigmas).to(placement.device), sigmas, watch)


def decoded(
    model: SV3D, latents: Tensor, placement: Placement, tell: Callable[[int], None] = lambda done: None
) -> Tensor:  # (N, 3, S, S) float32 on the CPU, about [−1, 1]
    """Latents (N, 4, h, w) in the diffusion's scale to frames; ``tell`` gets the number done before each chunk."""
    frames: list[Tensor] = []

    def following(autoencoder: AutoencoderKL) -> Tensor:
        return decode(autoencoder, latents[len(frames) : len(frames) + placement.chunk])

    with torch.no_grad(), placement.using(model.autoencoder) as at_work:
        while len(frames) < len(latents):
            tell(len(frames))
            frames += at_work.do(following)
    return torch.stack(frames)
