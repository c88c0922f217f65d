"""How well held-out objects' orbits are told from their pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ...ground.torch_setup import stage_seed
from ...shared.architecture import LATENT_CHANNELS
from ...shared.trajectory import Pose
from ...sv3d.diffusion.guidance import Guidance, constant, triangle
from ...sv3d.diffusion.schedule import edm_sigmas
from ...sv3d.generation.make_orbit import condition, decode_latents, sample_latents, to_bytes
from ...sv3d.generation.placement import Placement
from ...sv3d.network.sv3d import SV3D
from ..evaluate.nvs_figures import psnr
from .config import Looks
from .orbit_shards import Reader


@dataclass(frozen=True)
class Seen:
    """Orbits as they are and as they were sampled; PSNR in dB."""

    truth: NDArray[np.uint8]  # (N, F, S, S, 3)
    made: NDArray[np.uint8]
    psnr: NDArray[np.float64]  # (F,) of each frame, mean over the orbits


def validate(model: SV3D, reader: Reader, orbits: Sequence[int], looks: Looks, device: torch.device) -> Seen:
    """Sample orbits from their last frames, each with its own noise, which is always the same."""
    pairs = [_one(model, reader, orbit, looks, device) for orbit in orbits]
    truth, made = (np.stack(part) for part in zip(*pairs, strict=True))
    ratios = [psnr(a / 255, b / 255) for pair in pairs for a, b in zip(*pair, strict=True)]
    return Seen(truth, made, np.minimum(ratios, 60.0).reshape(len(pairs), -1).mean(0))


def orbit_of(
    model: SV3D, picture: Tensor, poses: Sequence[Pose], looks: Looks, seed: int, device: torch.device
) -> Tensor:  # (F, 3, S, S) in [−1, 1]
    """The frames of a picture (3, S, S) in [−1, 1]; none of them replaced by it."""
    random = torch.Generator().manual_seed(seed)
    placement = Placement(device)
    noise = torch.randn(1, *picture.shape, generator=random)
    known = condition(model, picture[None].cpu(), poses, noise, placement)
    side = picture.shape[-1] // model.architecture.latent_scale
    start = torch.randn(1, len(poses), LATENT_CHANNELS, side, side, generator=random)
    guidance = Guidance(triangle(len(poses), most=looks.guidance), constant(len(poses), 1.0))
    latents = sample_latents(model, known, start, edm_sigmas(looks.steps), guidance, "dpm++2m", placement)
    return decode_latents(model, latents[0], placement)


def _one(
    model: SV3D, reader: Reader, orbit: int, looks: Looks, device: torch.device
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    count = reader.elevations.shape[1]
    truth = torch.stack([reader.frame(orbit, i) for i in range(count)])
    poses = reader.poses(orbit, range(count))
    made = orbit_of(model, truth[-1].float() / 127.5 - 1, poses, looks, stage_seed(orbit, "validation"), device)
    return truth.permute(0, 2, 3, 1).numpy(), to_bytes(made)


def write_sheet(seen: Seen, path: Path, every: int = 3) -> None:
    """A picture of all orbits: the true frames in one row, the sampled ones below."""
    picked = slice(every - 1, None, every)
    rows = []
    for truth, made in zip(seen.truth, seen.made, strict=True):
        rows += [np.concatenate(list(truth[picked]), 1), np.concatenate(list(made[picked]), 1)]
    Image.fromarray(np.concatenate(rows)).save(path, format="PNG")
