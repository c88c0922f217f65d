"""Rendered orbits to the latents that the diffusion network learns from."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import Tensor, nn

from ..network.autoencoder import SCALE_FACTOR, encode
from ..orbit.trajectory import SV3D_FRAME_COUNT
from ..progress import Progress
from .shards import Shards, read_frame

_AT_ONCE = 42  # frames encoded on a graphics card
_AT_ONCE_ON_CPU = 6  # what fits a processor's cache is encoded twice as fast
_CALIBRATION = 512  # frames


def fingerprint(autoencoder: AutoencoderKL) -> str:
    """What tells an encoder from another: a checksum of its weights."""
    total = 0
    for name, parameter in sorted(autoencoder.named_parameters()):
        if not name.startswith(("decoder", "post_quant")):
            total = zlib.crc32(parameter.detach().cpu().float().contiguous().numpy().tobytes(), total)
    return f"{total:08x}"


@torch.no_grad()
def write_latents(
    autoencoder: AutoencoderKL,
    shards: Shards,
    mine: slice,
    device: torch.device,
    progress: Progress,
    half: bool = False,
) -> None:
    """Encode what is not there yet of the shards ``mine`` (of this process); may be stopped and called again.

    ``half`` computes in bfloat16.
    """
    encoder = fingerprint(autoencoder)
    nn.Module.to(autoencoder, device)
    every = range(shards.files)[mine]
    for done, k in enumerate(every, 1):
        facts = {"encoder": encoder, "half": half, "frames": shards.facts("frames", k)}
        if not shards.there("latents", k, facts):
            told = shards.read("frames", k)
            frames = told.pop("frames")
            with torch.autocast(device.type, torch.bfloat16, enabled=half):
                parts = [encode(autoencoder, part).float() for part in _pictures(frames.flatten(0, 1), device)]
            latents = (torch.cat(parts) * SCALE_FACTOR).unflatten(0, frames.shape[:2]).half().cpu()
            shards.write("latents", k, {**told, "latents": latents}, facts)
        progress(done / len(every), f"Orbits {min(done * shards.size, shards.count)} of {shards.count}")


@torch.no_grad()
def some_latents(autoencoder: AutoencoderKL, shards: Shards, device: torch.device) -> Tensor:  # (N, 4, h, w)
    """The autoencoder's own latents of a few hundred frames, from orbits spread over the whole set.

    Colours are rare and strong: those of a few dozen orbits would say little of all.
    """
    nn.Module.to(autoencoder, device)
    count = min(_CALIBRATION, shards.count * SV3D_FRAME_COUNT)
    opened: dict[Path, Any] = {}
    picked = [(i * shards.count // count, i % SV3D_FRAME_COUNT) for i in range(count)]
    frames = torch.stack([read_frame(shards, opened, orbit, frame) for orbit, frame in picked])
    return torch.cat([encode(autoencoder, part) for part in _pictures(frames, device)])


def _pictures(frames: Tensor, device: torch.device) -> Iterator[Tensor]:  # (N, 3, S, S) uint8
    for part in frames.split(_AT_ONCE_ON_CPU if device.type == "cpu" else _AT_ONCE):
        yield part.to(device).float() / 127.5 - 1
