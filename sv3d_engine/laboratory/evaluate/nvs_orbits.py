"""Orbits that are known (generated objects', the benchmark's, their mean), and those sampled from their pictures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...ground.tensor_store import load_tensors, save_tensors
from ...ground.torch_setup import stage_seed
from ...reconstruction.frames.reading import shrink
from ...shared.architecture import LATENT_CHANNELS, OFFICIAL
from ...shared.errors import UserError
from ...shared.trajectory import SV3D_FRAME_COUNT, Pose
from ...sv3d.diffusion.conditioning import Conditioning
from ...sv3d.generation.make_orbit import (
    OrbitSettings,
    condition,
    decode_latents,
    guidance_for,
    sample_latents,
    sigmas_for,
    to_bytes,
)
from ...sv3d.generation.memory_plan import plan
from ...sv3d.generation.placement import Placement, use_channels_last
from ...sv3d.generation.precision import check_finite, dtype_for
from ...sv3d.network.clip import preprocess
from ...sv3d.network.sv3d import SV3D
from ...sv3d.network.weights import inspect, load_sv3d
from ..dataset.generator import GENERATION, TEST, TRAIN, VALIDATION
from ..dataset.rendering import OrbitSample, render_sample
from .reconstruction import bench_orbit, read_over_white

SPLITS = {"val": VALIDATION, "test": TEST}
KINDS = ("static", "dynamic")
_TOWER = ("clip_width", "clip_layers", "clip_head_width", "clip_patch", "context_width")


@dataclass(frozen=True)
class KnownOrbit:
    """An orbit whose every frame is known."""

    name: str
    frames: NDArray[np.uint8]  # (21, S, S, 3) sRGB over white; the last is the picture that SV3D is given
    poses: tuple[Pose, ...]

    @property
    def truth(self) -> NDArray[np.float32]:  # (21, S, S, 3) in [0, 1]
        return (self.frames / 255).astype(np.float32)


def generated(split: str, count: int, kind: str, size: int) -> Iterator[KnownOrbit]:
    """The first objects of a held-out range of seeds, each in its own orbit of a kind, over white, at ``size``²."""
    for seed in SPLITS[split][:count]:
        yield _generated(seed, kind, size)


def benchmark(folder: Path, kind: str, size: int, names: Sequence[str] = ()) -> Iterator[KnownOrbit]:
    """Those of the benchmark's objects, or of some, that have an orbit of a kind, their frames reduced to ``size``².

    Raises UserError for a folder that is not the benchmark's.
    """
    known = sorted(file.parent.name for file in folder.glob("*/cameras.json"))
    if not known:
        raise UserError(f"{folder} holds no object with cameras.json.", "Give the benchmark's own folder.")
    for name in names or known:
        cameras = folder / name / "cameras.json"
        if not cameras.is_file():
            raise UserError(f"{cameras} is not there.", f"Choose from {', '.join(known)}.")
        frames = folder / name / f"orbit_{kind}"
        if not frames.is_dir():
            continue
        views = bench_orbit(cameras, frames.name).views
        pictures = [shrink(read_over_white(frames / v.file).astype(np.float32), None, size)[0] for v in views]
        pixels = np.rint(np.stack(pictures) * 255).astype(np.uint8)
        yield KnownOrbit(name, pixels, tuple(Pose(v.elevation, v.azimuth) for v in views))


def mean_frames(count: int, kind: str, size: int, cache: Path) -> NDArray[np.float32]:  # (21, S, S, 3) in [0, 1]
    """The mean of each frame over the orbits of the first ``count`` training seeds; kept in the folder ``cache``.

    Means of sRGB values over white: no other constant frame has a smaller squared error on that set.
    """
    path = cache / f"mean_{kind}_{size}.safetensors"
    facts = {"generation": GENERATION, "seeds": [TRAIN.start, TRAIN.start + count], "kind": kind, "size": size}
    try:
        tensors, told = load_tensors(path)
    except UserError:  # not there, or damaged
        told = {}
    if told == facts:
        return tensors["frames"].numpy()
    total = np.zeros((SV3D_FRAME_COUNT, size, size, 3))
    for seed in TRAIN[:count]:
        total += _generated(seed, kind, size).frames
    frames = (total / (count * 255)).astype(np.float32)
    cache.mkdir(parents=True, exist_ok=True)
    save_tensors({"frames": torch.from_numpy(frames)}, facts, path)
    return frames


def _generated(seed: int, kind: str, size: int) -> KnownOrbit:
    made = render_sample(seed, size, moving=kind == "dynamic")
    return known_orbit(f"{made.family} {seed}", made)


def known_orbit(name: str, made: OrbitSample) -> KnownOrbit:
    """A rendered sample under a name."""
    poses = map(Pose, made.elevations.tolist(), made.azimuths.tolist())
    return KnownOrbit(name, made.frames.permute(0, 2, 3, 1).numpy(), tuple(poses))


# Orbits of 128² pixels at once: a processor gains nothing by several, and larger frames keep a card busy with fewer.
_BATCH = {"cpu": 1, "cuda": 16, "mps": 4}
_BATCH_SIZE = 128


class OrbitSampler:
    """Weights that are ready, and how they are used."""

    def __init__(self, weights: Path, settings: OrbitSettings, device: torch.device, seed: int) -> None:
        """Raises UserError for weights that cannot be used."""
        info = inspect(weights)
        self.name, self.variant, self.frame_size = info.name, info.variant, info.frame_size
        self._own_tower = info.own_tower
        self.dtype = dtype_for(settings.precision, device)
        planned = plan(info.architecture, info.frame_size, self.dtype, device, settings.memory)
        self.device = device
        self._placement = Placement(device, planned.mode, planned.chunk)
        self.model: SV3D = load_sv3d(weights, self.dtype, device if self._placement.resident else "cpu")
        self._placement.networks = [network for _, network in self.model.parts()]
        use_channels_last(self.model, device)
        self._settings, self._seed = settings, seed
        self.steps = len(sigmas_for(settings)) - 1
        room = self._placement.together  # the other modes are for when there is little
        self.batch = max(1, _BATCH[device.type] * _BATCH_SIZE**2 // info.frame_size**2) if room else 1

    @property
    def has_clip(self) -> bool:
        """Whether its image tower is the official one, CLIP's ViT-H/14, so that one may speak of CLIP-S."""
        built = all(getattr(self.model.architecture, size) == getattr(OFFICIAL, size) for size in _TOWER)
        return built and not self._own_tower

    def embed(self, pictures: Tensor) -> Tensor:  # (N, 3, S, S) in [−1, 1] -> (N, D)
        """What its image tower makes of pictures."""
        with torch.no_grad(), self._placement.using(self.model.clip) as clip:
            seen = preprocess(pictures, self.model.architecture.clip_size).to(self._placement.device, self.dtype)
            return clip.do(lambda tower: tower(seen).float())

    def __call__(self, orbits: Sequence[KnownOrbit]) -> NDArray[np.uint8]:  # (B, 21, S, S, 3)
        """Orbits from their last frames, none of the frames replaced; each has its own noise, always the same."""
        prepared = [self._prepared(orbit) for orbit in orbits]
        latents = sample_latents(
            self.model,
            Conditioning.side_by_side([known for known, _ in prepared]),
            torch.stack([noise for _, noise in prepared]),
            sigmas_for(self._settings),
            guidance_for(self._settings, len(orbits[0].poses)),
            self._settings.sampler,
            self._placement,
            lambda done, clean: check_finite(clean, self.dtype),
        )
        frames = decode_latents(self.model, latents.flatten(0, 1), self._placement)
        check_finite(frames, self.dtype)
        pixels = to_bytes(frames)
        return pixels.reshape(len(orbits), -1, *pixels.shape[1:])

    def _prepared(self, orbit: KnownOrbit) -> tuple[Conditioning, Tensor]:
        """What the network is told of an orbit, and the noise (21, 4, h, w) that it starts from."""
        random = torch.Generator().manual_seed(stage_seed(self._seed, orbit.name))
        picture = torch.from_numpy(orbit.truth[-1]).permute(2, 0, 1)[None] * 2 - 1
        known = condition(
            self.model, picture, orbit.poses, torch.randn(picture.shape, generator=random), self._placement
        )
        return known, torch.randn(len(orbit.poses), LATENT_CHANNELS, *known.latents.shape[-2:], generator=random)
