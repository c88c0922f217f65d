"""One picture and a camera orbit to 21 frames: where networks, schedule, denoiser, guidance and sampler meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..diffusion import guidance, schedule
from ..errors import UserError
from ..network.architecture import LATENT_CHANNELS
from ..network.autoencoder import SCALE_FACTOR
from ..network.sv3d import SV3D
from ..network.usage import STEPS, Usage
from ..network.weights import inspect, load_sv3d
from ..orbit.trajectory import Pose
from ..picture.prepare import on_white
from ..progress import Progress
from .placement import Placement, suit
from .plan import plan
from .preview import LatentPreview, Previews
from .sampling import condition, decoded, sample


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

    Raises UserError for weights that cannot be used, Cancelled at any step.
    """
    dtype = dtype_for(settings.precision, device)
    planned = plan(inspect(weights).architecture, len(picture), dtype, device, settings.memory)
    placement = Placement(device, planned.mode, planned.chunk)
    model = _load(weights, dtype, placement, progress.part(0.0, 0.05))
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
    latents = sample(model, known, start, sigmas, strengths, settings.sampler, placement, watch)
    frames = decoded(model, latents[0], placement, lambda done: progress(0.9 + 0.1 * done / len(poses), "Decoding"))
    check_finite(frames, dtype)
    pixels = to_bytes(frames)
    pixels[-1] = (image.permute(1, 2, 0) * 255).round().byte().numpy()  # the one true view
    facts = {
        "steps": total,
        "sampler": settings.sampler,
        "precision": str(dtype).removeprefix("torch."),
        "memory": placement.mode,
        **planned.facts,
    }
    return Orbit(pixels, facts, placement.notes or planned.notes)


def _load(weights: Path, dtype: torch.dtype, placement: Placement, progress: Progress) -> SV3D:
    """The networks where they live: on the device, or in RAM if it has no room for all of them."""
    while True:
        home = placement.device if placement.resident else torch.device("cpu")
        try:
            model = load_sv3d(weights, dtype, home, lambda f: progress(f, "Loading SV3D"))
            break
        except (MemoryError, RuntimeError) as error:
            placement.give_way(error)
        placement.tidy()
    placement.networks = [network for _, network in model.parts()]
    suit(model, placement.device)
    return model


def check_finite(values: Tensor, dtype: torch.dtype) -> None:
    """Raises UserError where numbers have overflowed: black frames would come of them."""
    if bool(torch.isfinite(values).all()):
        return
    half = dtype is torch.float16
    raise UserError(
        "The network's numbers became too large to go on.",
        "Choose the precision “bfloat16” or “float32”." if half else "The weights seem to be damaged: get them again.",
        f"computed in {dtype}",
    )


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


def dtype_for(precision: str, device: torch.device) -> torch.dtype:
    """Half precision where it is faster: not on processors."""
    if precision != "auto":
        return {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}[precision]
    return torch.float32 if device.type == "cpu" else torch.float16
