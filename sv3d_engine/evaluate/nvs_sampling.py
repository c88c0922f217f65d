"""Orbits of several pictures, sampled side by side."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..diffusion.conditioning import Conditioning
from ..generation.placement import Placement, suit
from ..generation.plan import plan
from ..generation.run import OrbitSettings, check_finite, dtype_for, guidance_for, sigmas_for, to_bytes
from ..generation.sampling import condition, decoded, sample
from ..network.architecture import LATENT_CHANNELS
from ..network.sv3d import SV3D
from ..network.weights import inspect, load_sv3d
from ..pipeline.seed import stage_seed
from .nvs_orbits import KnownOrbit

# Orbits of 128² pixels at once: a processor gains nothing by several, and larger frames keep a card busy with fewer.
_BATCH = {"cpu": 1, "cuda": 16, "mps": 4}
_BATCH_SIZE = 128


class OrbitSampler:
    """Weights that are ready, and how they are used."""

    def __init__(self, weights: Path, settings: OrbitSettings, device: torch.device, seed: int) -> None:
        """Raises UserError for weights that cannot be used."""
        info = inspect(weights)
        self.name, self.variant, self.frame_size = info.name, info.variant, info.frame_size
        self.dtype = dtype_for(settings.precision, device)
        planned = plan(info.architecture, info.frame_size, self.dtype, device, settings.memory)
        self._placement = Placement(device, planned.mode, planned.chunk)
        self.model: SV3D = load_sv3d(weights, self.dtype, device if self._placement.resident else "cpu")
        self._placement.networks = [network for _, network in self.model.parts()]
        suit(self.model, device)
        self._settings, self._seed = settings, seed
        self.steps = len(sigmas_for(settings)) - 1
        room = self._placement.together  # the other modes are for when there is little
        self.batch = max(1, _BATCH[device.type] * _BATCH_SIZE**2 // info.frame_size**2) if room else 1

    def __call__(self, orbits: Sequence[KnownOrbit]) -> NDArray[np.uint8]:  # (B, 21, S, S, 3)
        """Orbits from their last frames, none of the frames replaced; each has its own noise, always the same."""
        prepared = [self._prepared(orbit) for orbit in orbits]
        latents = sample(
            self.model,
            Conditioning.side_by_side([known for known, _ in prepared]),
            torch.stack([noise for _, noise in prepared]),
            sigmas_for(self._settings),
            guidance_for(self._settings, len(orbits[0].poses)),
            self._settings.sampler,
            self._placement,
            lambda done, clean: check_finite(clean, self.dtype),
        )
        frames = decoded(self.model, latents.flatten(0, 1), self._placement)
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
