"""A shape with its appearance as a picture, differentiable in both."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..render.antialias import antialias
from .appearance import Appearance
from .views import Part, Sight

ALBEDO_SHIFT = 0.01  # standard deviation of the albedo loss's ε in world units (the paper's)
ALBEDO_PROBES = 8192  # pixels a step


@dataclass(frozen=True)
class Probes:
    """Pixels of a sight at which the albedo is compared with the albedo beside."""

    pixels: Tensor  # (Q,) indices into the sight's points
    aside: Tensor  # (Q, 3) world, a little beside each


@dataclass(frozen=True)
class Picture:
    """What a camera sees, and what that is made of at each of the sight's P points."""

    rgba: Tensor  # (H, W, 4) sRGB premultiplied by coverage, and coverage; silhouettes antialiased
    shading: Tensor  # (P,) irradiance over π
    albedo: Tensor  # (P, 3) linear
    highlight: Tensor  # (P, 1)
    aside: Tensor  # (Q, 3) albedo at the probes' places aside; Q is 0 without any

    def over(self, background: Tensor) -> Tensor:  # (3,) sRGB -> (H, W, 3)
        """The picture before a background."""
        return self.rgba[..., :3] + background * (1 - self.rgba[..., 3:])


def draw_probes(sight: Sight, draw: torch.Generator) -> Probes:
    """Pixels at random, and places around them: ε ~ N(0, ALBEDO_SHIFT²)."""
    device = sight.points.device
    pixels = torch.randint(len(sight.points), (ALBEDO_PROBES,), generator=draw, device=device)
    shift = torch.randn(ALBEDO_PROBES, 3, generator=draw, device=device) * ALBEDO_SHIFT
    return Probes(pixels, sight.points[pixels].detach() + shift)


def take_picture(sight: Sight, appearance: Appearance, part: Part, probes: Probes | None = None) -> Picture:
    """The picture of a ``sight`` of ``part``."""
    shading = appearance.lights(sight.normals)
    aside = sight.points[:0] if probes is None else probes.aside
    colour, albedo, highlight, beside = appearance(sight.points, sight.directions, shading, aside)
    opaque = torch.cat([colour, torch.ones_like(colour[:, :1])], 1)
    rgba = antialias(sight.raster.spread(opaque), sight.crossings).reshape(part.height, part.width, 4)
    return Picture(rgba, shading, albedo, highlight, beside)
