"""Orbits of several pictures, sampled side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..diffusion import samplers
from ..diffusion.conditioning import Conditioning
from ..diffusion.denoiser import c_noise, scalings
from ..diffusion.guidance import guide
from ..generation.placement import Placement, suit
from ..generation.plan import plan
from ..generation.run import OrbitSettings, check_finite, dtype_for, scale_for, sigmas_for, to_bytes
from ..generation.sampling import condition, decoded
from ..network.architecture import LATENT_CHANNELS
from ..network.sv3d import SV3D
from ..network.unet import OrbitUNet
from ..network.weights import inspect, load_sv3d
from ..pipeline.seed import stage_seed
from .nvs_orbits import KnownOrbit

# Orbits of 128² pixels at once: a processor gains nothing by several, and larger frames keep a card busy with fewer.
_BATCH = {"cpu": 1, "cuda": 16, "mps": 4}
_BATCH_SIZE = 128


@dataclass(frozen=True)
class Told:
    """What the network knows of several orbits, and how strongly it shall follow it."""

    token: Tensor  # (B, 1, D)
    latents: Tensor  # (B, 4, h, w)
    vector: Tensor  # (B, 21, V)
    scale: Tensor  # (21,)

    @classmethod
    def of(cls, known: Sequence[Conditioning], scale: Tensor) -> "Told":
        """Single orbits' conditionings side by side."""
        token, latents = torch.cat([k.token for k in known]), torch.cat([k.latents for k in known])
        return cls(token, latents, torch.stack([k.vector for k in known]), scale.to(token.device))

    def denoised(self, unet: OrbitUNet, latents: Tensor, sigma: float, together: bool) -> Tensor:
        """Clean latents (B, 21, 4, h, w); the side without the picture is left out where nothing of it is used."""
        c_skip, c_out, c_in = scalings(sigma)
        scaled = latents * c_in
        if bool((self.scale == 1).all()):
            return latents * c_skip + self._ask(unet, scaled, sigma, [1.0]) * c_out
        if together:
            conditional, unconditional = self._ask(unet, scaled, sigma, [1.0, 0.0]).chunk(2)
        else:
            conditional, unconditional = (self._ask(unet, scaled, sigma, [side]) for side in (1.0, 0.0))
        return latents * c_skip + guide(conditional, unconditional, self.scale) * c_out

    def _ask(self, unet: OrbitUNet, scaled: Tensor, sigma: float, sides: Sequence[float]) -> Tensor:
        """The network's answer, float32, for each side one after the other: 1 with the picture, 0 without."""
        pictures = torch.cat([self.latents * side for side in sides])[:, None].expand(-1, scaled.shape[1], -1, -1, -1)
        sample = torch.cat([scaled.repeat(len(sides), 1, 1, 1, 1), pictures], 2).to(unet.dtype)
        noise = torch.full((len(sample),), c_noise(sigma), device=sample.device)
        token = torch.cat([self.token * side for side in sides])
        answer: Tensor = unet(sample, noise, token, self.vector.repeat(len(sides), 1, 1))
        return answer.float()


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
        told = Told.of([known for known, _ in prepared], scale_for(self._settings, len(orbits[0].poses)))
        sigmas, place = sigmas_for(self._settings), self._placement
        start = samplers.initial(torch.stack([noise for _, noise in prepared]), sigmas).to(place.device)
        solve = samplers.dpmpp_2m if self._settings.sampler == "dpm++2m" else samplers.euler
        with torch.no_grad(), place.using(self.model.unet) as at_work:

            def denoise(latents: Tensor, sigma: float) -> Tensor:
                return at_work.do(lambda unet: told.denoised(unet, latents, sigma, place.together))

            latents = solve(denoise, start, sigmas, lambda done, clean: check_finite(clean, self.dtype))
        frames = decoded(self.model, latents.flatten(0, 1), place)
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
