"""What each step learns from, as a function of the step's number alone; and orbits as latents."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import Tensor, nn

from ...ground.progress import Progress
from ...ground.torch_setup import stage_seed
from ...shared.architecture import LATENT_CHANNELS
from ...sv3d.diffusion.conditioning import camera_vector
from ...sv3d.generation.memory_plan import encoded_at_once, free_memory
from ...sv3d.network.sv3d import SCALE_FACTOR, encode
from .config import AutoencoderTraining, Kinds, Stage
from .diffusion_loss import kept, noise_levels
from .orbit_shards import Reader, Shards, read_frame

_AT_ONCE = 42  # frames encoded on a graphics card, if there is room for them
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
                latents = _encoded(autoencoder, frames.flatten(0, 1), device) * SCALE_FACTOR
            latents = latents.unflatten(0, frames.shape[:2]).half().cpu()
            shards.write("latents", k, {**told, "latents": latents}, facts)
        progress(done / len(every), f"Orbits {min(done * shards.size, shards.count)} of {shards.count}")


@torch.no_grad()
def some_latents(
    autoencoder: AutoencoderKL, shards: Shards, frames: int, device: torch.device
) -> Tensor:  # (N, 4, h, w)
    """The autoencoder's own latents of a few hundred frames, from orbits of ``frames`` spread over the set.

    Colours are rare and strong: those of a few dozen orbits would say little of all.
    """
    nn.Module.to(autoencoder, device)
    count = min(_CALIBRATION, shards.count * frames)
    opened: dict[Path, Any] = {}
    picked = [(i * shards.count // count, i % frames) for i in range(count)]
    pictures = torch.stack([read_frame(shards, opened, orbit, frame) for orbit, frame in picked])
    return _encoded(autoencoder, pictures, device)


def _encoded(autoencoder: AutoencoderKL, frames: Tensor, device: torch.device) -> Tensor:
    """Frames (N, 3, S, S) uint8 as latents (N, 4, h, w), as many at a time as there is memory for."""
    most = _AT_ONCE_ON_CPU if device.type == "cpu" else _AT_ONCE
    count = encoded_at_once(autoencoder, frames.shape[-1], free_memory(device), most)
    return torch.cat([encode(autoencoder, part.to(device).float() / 127.5 - 1).float() for part in frames.split(count)])


@dataclass(frozen=True)
class Share:
    """Which part of every batch is this process's."""

    rank: int = 0
    processes: int = 1

    def of(self, batch: int) -> range:
        """Places in a batch of ``batch``, which the processes divide evenly."""
        assert batch % self.processes == 0, f"{self.processes} processes cannot share a batch of {batch}"
        mine = batch // self.processes
        return range(self.rank * mine, (self.rank + 1) * mine)


@dataclass(frozen=True)
class Batch:
    """Orbits, what the network is told of them, and the noise it is to take away."""

    latents: Tensor  # (B, F, 4, h, w) in the diffusion's scale
    picture: Tensor  # (B, 3, S, S) uint8: the last frame
    known: Tensor  # (B, 4, h, w) the picture's latents in the diffusion's scale
    vector: Tensor  # (B, F, V) camera vectors
    noise: Tensor  # as latents, standard normal
    sigma: Tensor  # (B,)
    keep_token: Tensor  # (B,) bool
    keep_latents: Tensor  # (B,) bool

    def to(self, device: torch.device) -> "Batch":
        return Batch(*(getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)))


@dataclass(frozen=True)
class Pictures:
    """What the autoencoder learns from."""

    pictures: Tensor  # (B, 3, S, S) in [−1, 1]
    noise: Tensor  # (B, 4, h, w) standard normal, for its latents

    def to(self, device: torch.device) -> "Pictures":
        return Pictures(self.pictures.to(device), self.noise.to(device))


class OrbitBatches:
    """Batches for a stage of the diffusion network."""

    def __init__(self, reader: Reader, stage: Stage, seed: int, share: Share) -> None:
        self._reader, self._stage, self._share = reader, stage, share
        self._order = Order(chosen(reader, stage.orbits), stage_seed(seed, f"{stage.name}/order"))
        self._seed = stage_seed(seed, stage.name)

    def __call__(self, step: int) -> Batch:
        """The batch of step ``step``, on the CPU."""
        count = self._stage.optimiser.batch
        samples = [self._sample(step * count + place, place / count) for place in self._share.of(count)]
        latents, picture, vector, noise, draws = (torch.stack(part) for part in zip(*samples, strict=True))
        stage = self._stage
        sigma = noise_levels(draws[:, 0], stage.noise_mean, stage.noise_spread)
        token, known = kept(draws[:, 1], stage.drop_token, stage.drop_latents, stage.drop_both)
        return Batch(latents, picture, latents[:, -1], vector, noise, sigma, token, known)

    def _sample(self, item: int, least: float) -> tuple[Tensor, ...]:
        """One orbit; the batch's noise levels are spread evenly: this one's quantile is ``least`` or a little more."""
        orbit, stage, reader = self._order(item), self._stage, self._reader
        random = torch.Generator().manual_seed(stage_seed(self._seed, str(item)))
        uniform = torch.rand(4, generator=random)
        latents = reader.latents(orbit)
        count = len(latents)
        last = count - 1
        if uniform[0] < stage.roll:
            last = int(uniform[1] * count)
        order = [(last + 1 + i) % count for i in range(count)]
        if stage.frames < count:
            others = torch.randperm(count - 1, generator=random)[: stage.frames - 1]
            order = [order[i] for i in (*others.sort().values.tolist(), -1)]
        vector = camera_vector(reader.poses(orbit, order), stage.variant)
        noise = torch.randn(len(order), *latents.shape[1:], generator=random)
        quantile = least + uniform[2] / stage.optimiser.batch
        return latents[order], reader.frame(orbit, last), vector, noise, torch.stack([quantile, uniform[3]])


class PictureBatches:
    """Single frames for the autoencoder: cut-outs in the first steps, whole ones later.

    ``frames`` is an orbit's number of them, ``latent_scale`` that of pixels along a latent's side.
    """

    def __init__(
        self,
        shards: Shards,
        frames: int,
        latent_scale: int,
        training: AutoencoderTraining,
        seed: int,
        share: Share,
    ) -> None:
        self._shards, self._training, self._share = shards, training, share
        self._frames, self._scale = frames, latent_scale
        self._order = Order(range(shards.count * frames), stage_seed(seed, "autoencoder/order"))
        self._seed = stage_seed(seed, "autoencoder")
        self._open: dict[Path, Any] = {}

    def __call__(self, step: int) -> Pictures:
        """The batch of step ``step``, on the CPU."""
        optimiser = self._training.optimiser
        cropped = step < self._training.crop_steps * optimiser.steps
        share = self._share.of(optimiser.batch)
        made = [self._sample(step * optimiser.batch + place, cropped) for place in share]
        pictures, noise = (torch.stack(part) for part in zip(*made, strict=True))
        return Pictures(pictures.float() / 127.5 - 1, noise)

    def _sample(self, item: int, cropped: bool) -> tuple[Tensor, Tensor]:
        random = torch.Generator().manual_seed(stage_seed(self._seed, str(item)))
        picture = self._picture(item, cropped, random)
        h, w = (side // self._scale for side in picture.shape[-2:])
        return picture, torch.randn(LATENT_CHANNELS, h, w, generator=random)

    def _picture(self, item: int, cropped: bool, random: torch.Generator) -> Tensor:
        orbit, frame = divmod(self._order(item), self._frames)
        picture = read_frame(self._shards, self._open, orbit, frame)
        across, down, mirrored = torch.rand(3, generator=random).tolist()
        if mirrored < 0.5:
            picture = picture.flip(-1)
        side = self._training.crop
        if not cropped or side >= picture.shape[-1]:
            return picture
        room = picture.shape[-1] - side
        top, left = round(down * room), round(across * room)
        return picture[:, top : top + side, left : left + side]


class Order:
    """An endless sequence of some numbers: all of them shuffled, then all of them shuffled anew, and so on."""

    def __init__(self, numbers: Sequence[int], seed: int) -> None:
        self._numbers, self._seed = numbers, seed
        self._epoch, self._shuffled = -1, torch.empty(0)

    def __call__(self, item: int) -> int:
        epoch, place = divmod(item, len(self._numbers))
        if epoch != self._epoch:
            random = torch.Generator().manual_seed(stage_seed(self._seed, str(epoch)))
            self._epoch, self._shuffled = epoch, torch.randperm(len(self._numbers), generator=random)
        return self._numbers[int(self._shuffled[place])]


def chosen(reader: Reader, kinds: Kinds) -> list[int]:
    """Numbers of the orbits of some kind; all if there are none of it."""
    static = reader.is_static()
    wanted = {"static": static, "dynamic": ~static}.get(kinds, torch.ones_like(static))
    return wanted.nonzero()[:, 0].tolist() or list(range(len(static)))
