"""One picture and a camera orbit to 21 frames: where networks, schedule, denoiser, guidance and sampler meet."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from numpy.typing import NDArray
from torch import Tensor

from ...ground.device import release_memory
from ...ground.progress import Progress
from ...picture.prepare import on_white
from ...shared.architecture import LATENT_CHANNELS
from ...shared.model_facts import STEPS, Usage
from ...shared.trajectory import Pose
from ..diffusion import guidance, samplers, schedule
from ..diffusion.conditioning import COND_AUG, Conditioning, camera_vector
from ..diffusion.denoiser import GuidedDenoiser
from ..diffusion.guidance import Guidance
from ..network.clip import preprocess
from ..network.sv3d import SCALE_FACTOR, SV3D, decode, encode
from ..network.weights import inspect, load_sv3d
from .memory_plan import plan
from .orbit_pictures import LatentPreview, Previews
from .placement import Placement, use_channels_last
from .precision import Overflow, check_finite, dtype_for, name_of, wider

log = logging.getLogger(__name__)


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


def sample_latents(
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


def decode_latents(
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


@dataclass(frozen=True)
class OrbitSettings:
    """How an orbit is sampled; the words are those of protocol.OrbitJob.  No steps: the sampler's own number."""

    sampler: str = Usage.sampler
    steps: int | None = None
    guidance: str = "triangle"
    guidance_scale: float = Usage.guidance_scale
    camera_guidance: float = Usage.camera_guidance
    memory: str = "auto"
    precision: str = "auto"


@dataclass(frozen=True)
class Orbit:
    """The frames, what a report should say, and what the artist should know."""

    frames: NDArray[np.uint8]  # (21, S, S, 3) on white; the last is the picture
    facts: dict[str, Any]
    notes: tuple[str, ...]


def make_orbit(
    picture: NDArray[np.uint8],  # (S, S, 4) straight alpha, S the weights' frame size
    poses: Sequence[Pose],
    weights: Path,
    settings: OrbitSettings,
    device: torch.device,
    seed: int,
    progress: Progress,
    previews: Path,
) -> Orbit:
    """Sample an orbit.  The same seed gives the same frames on the same device; previews are written to a folder.

    Where numbers become too large for float16, all is done once more in a wider type, from the same noise.  Raises
    UserError for weights that cannot be used, Cancelled at any step.
    """
    dtype = dtype_for(settings.precision, device)
    sample = partial(_sample, picture, poses, weights, settings, device, seed, progress, previews)
    second = wider(dtype, device)
    try:
        return sample(dtype)
    except Overflow:
        if second is None:
            raise
    release_memory(device)  # not in the handler: only now has the error let go of the networks
    log.warning("numbers became too large for %s; once more in %s", name_of(dtype), name_of(second))
    orbit = sample(second)
    note = (
        f"The network's numbers became too large for {name_of(dtype)}, so the orbit was sampled again in "
        f"{name_of(second)}. Choose that precision to save the first attempt."
    )
    return replace(orbit, facts={**orbit.facts, "overflowed": name_of(dtype)}, notes=(note, *orbit.notes))


def _sample(
    picture: NDArray[np.uint8],
    poses: Sequence[Pose],
    weights: Path,
    settings: OrbitSettings,
    device: torch.device,
    seed: int,
    progress: Progress,
    previews: Path,
    dtype: torch.dtype,
) -> Orbit:
    """``make_orbit`` in one type of numbers.  Raises Overflow where they become too large for it."""
    planned = plan(inspect(weights).architecture, len(picture), dtype, device, settings.memory)
    placement = Placement(device, planned.mode, planned.chunk)
    model = load_networks(weights, dtype, placement, progress.part(0.0, 0.05))
    image = torch.from_numpy(on_white(picture)).permute(2, 0, 1)  # (3, S, S) in [0, 1]
    random = torch.Generator().manual_seed(seed)  # on the CPU: the same numbers on every device
    noise = torch.randn(1, *image.shape, generator=random)
    known = condition(model, image[None] * 2 - 1, poses, noise, placement)
    side = len(image[0]) // model.architecture.latent_scale
    start = torch.randn(1, len(poses), LATENT_CHANNELS, side, side, generator=random)
    show = Previews(LatentPreview.fit(known.latents[0].cpu(), image), previews, progress)
    told = progress.part(0.1, 0.9)
    sigmas = sigmas_for(settings)
    total = len(sigmas) - 1

    def watch(done: int, clean: Tensor) -> None:
        told(done / total, f"Step {done} of {total}")
        check_finite(clean, dtype)
        if done < total:
            show(clean[0] / SCALE_FACTOR)

    strengths = guidance_for(settings, len(poses))
    latents = sample_latents(model, known, start, sigmas, strengths, settings.sampler, placement, watch)
    frames = decode_latents(
        model, latents[0], placement, lambda done: progress(0.9 + 0.1 * done / len(poses), "Decoding")
    )
    check_finite(frames, dtype)
    pixels = to_bytes(frames)
    pixels[-1] = (image.permute(1, 2, 0) * 255).round().byte().numpy()  # the one true view
    facts = {
        "steps": total,
        "sampler": settings.sampler,
        "precision": name_of(dtype),
        "memory": placement.mode,
        **planned.facts,
    }
    return Orbit(pixels, facts, placement.notes or planned.notes)


def load_networks(weights: Path, dtype: torch.dtype, placement: Placement, progress: Progress) -> SV3D:
    """The networks where they live: on the device, or in RAM if it has no room for all of them.

    Raises UserError, Cancelled.
    """
    while True:
        home = placement.device if placement.resident else torch.device("cpu")
        try:
            model = load_sv3d(weights, dtype, home, lambda f: progress(f, "Loading SV3D"))
            break
        except (MemoryError, RuntimeError) as error:
            placement.fall_back(error)
        placement.release_memory()
    placement.networks = [network for _, network in model.parts()]
    use_channels_last(model, placement.device)
    return model


def to_bytes(frames: Tensor) -> NDArray[np.uint8]:  # (N, 3, S, S) in [−1, 1] → (N, S, S, 3)
    scaled = ((frames.clamp(-1, 1) + 1) * 127.5).round().byte()
    return scaled.permute(0, 2, 3, 1).contiguous().numpy()


def sigmas_for(settings: OrbitSettings) -> Tensor:
    steps = settings.steps or STEPS[settings.sampler]
    return schedule.ays_sigmas(steps) if settings.sampler == "ays" else schedule.edm_sigmas(steps)


def guidance_for(settings: OrbitSettings, count: int) -> guidance.Guidance:
    """Strengths for ``count`` frames.  The camera's is a triangle always: the front view is known."""
    most, camera = settings.guidance_scale, guidance.triangle(count, most=settings.camera_guidance)
    if settings.guidance == "constant":
        return guidance.Guidance(guidance.constant(count, most), camera)
    rising = guidance.linear if settings.guidance == "linear" else guidance.triangle
    return guidance.Guidance(rising(count, most=most), camera)
