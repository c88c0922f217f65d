"""A seed becomes the frames and poses of one training sample."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .generator import DatasetObject, sample_object
from .orbits import WHITE, sample_background, sample_light, sample_orbit
from .render import render_orbit


@dataclass(frozen=True)
class OrbitSample:
    """What the trainer learns from; the last frame is the conditioning view."""

    frames: Tensor  # (21, 3, S, S) uint8 sRGB
    elevations: Tensor  # (21,) degrees, float32
    azimuths: Tensor  # (21,) degrees in [0, 360), the last 0
    family: str


def sample(
    seed: int,
    size: int,
    moving: bool,
    device: torch.device | str = "cpu",
    white: float = 1.0,
    thing: DatasetObject | None = None,
) -> OrbitSample:
    """The orbit of a seed, static or ``moving``; over white with probability ``white``, else over any colour.

    ``thing`` puts another object, as one from a file, into the seed's orbit and light.
    """
    thing = thing or sample_object(seed)
    orbit = sample_orbit(seed, thing, moving)
    background = WHITE if white >= 1 else sample_background(seed, white)
    frames = render_orbit(thing, orbit, sample_light(seed), size, device, background=background)
    elevations = torch.tensor([v.elevation for v in orbit.views])
    return OrbitSample(frames, elevations, torch.tensor([v.azimuth for v in orbit.views]), thing.family)
