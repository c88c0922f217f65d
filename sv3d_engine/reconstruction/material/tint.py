"""The light's brightness and colour by direction, told by neighbours of one paint that face different ways.

Its colour is a low-order tint, as window and lamp give a room.  Where that is strong, one paint has many
chromaticities, and pairs of one chromaticity never join the warm side to the cool one: the shade between stays in the
colours.  So pairs are drawn close together on the object with a wide range of chromaticities, and again, with a
narrower one, once the tint is known; the white light is fitted again with it.
"""

import math

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from ..light import fibonacci_sphere
from .separation import BLACK, Pairs, at_mean, chromaticity, stiffness

PAIRS = 10_000
NEAR = 0.25  # of the object's radius: how far apart pairs are
SPREADS = (0.6, 0.4, 0.3)  # natural log: how far the chromaticities of one paint scatter, draw by draw
ROUNDS = 5  # of Gauss-Newton after each draw
# Natural log: differences of brightness and of chromaticity that count as outliers, at first and at last.
BRIGHTNESSES, CHROMATICITIES = (2.0, 0.1), (1.0, 0.2)
STIFFNESS = 1e-3  # weight of the tint's squared coefficients
SMOOTH = 1e-4  # weight of the light's smoothness over directions: its sides may differ sharply


def tinted_shading(
    points: Tensor,  # (P, 3)
    normals: Tensor,  # (P, 3) unit
    transfer: Tensor,  # (P, K) irradiance over π by each direction's radiance
    indirect: Tensor,  # (P, 3) irradiance over π from the object itself
    light: Tensor,  # (K,) white, to start from
    colour: Tensor,  # (P, 3) diffuse radiance seen
    weight: Tensor,  # (P,) area times evidence
    draw: torch.Generator,
) -> tuple[Tensor, Tensor]:  # (P, 3), (K,)
    """Irradiance over π in light whose tint is a second-order harmonic, and that light without its tint.

    Gauss-Newton on the logarithms of light and tint; Geman-McClure's norm, narrowed round by round.
    """
    place = (points - points.mean(0)) / (points - points.mean(0)).norm(dim=-1).amax().clamp_min(1e-9) / NEAR
    basis = _harmonics(fibonacci_sphere(len(light)))
    tint = torch.zeros(basis.shape[1], 3)
    paint = colour
    widths = torch.stack([_narrowed(*BRIGHTNESSES), _narrowed(*CHROMATICITIES)], 1).split(ROUNDS)
    for spread, steps in zip(SPREADS, widths, strict=True):
        pairs = _neighbours(place, normals, paint, weight, spread, draw)
        for width in steps:
            light, tint = _step(light, tint, basis, transfer, indirect, colour, pairs, width)
        shading = transfer @ _tinted(light, basis, tint) + indirect
        paint = colour / (shading / shading.mean(-1, keepdim=True).clamp_min(BLACK)).clamp_min(0.05)
    return shading, light


def _narrowed(widest: float, narrowest: float) -> Tensor:
    return torch.logspace(math.log10(widest), math.log10(narrowest), len(SPREADS) * ROUNDS)


def _neighbours(
    place: Tensor, normals: Tensor, colour: Tensor, weight: Tensor, spread: float, draw: torch.Generator
) -> Pairs:
    """Pairs close in ``place`` (P, 3) and chromaticity; those that face different ways weigh more."""
    shade = chromaticity(colour) / spread
    where = torch.cat([shade, place], 1)
    first = torch.multinomial(weight, PAIRS, replacement=True, generator=draw)
    among = torch.multinomial(weight, min(20_000, int((weight > 0).sum())), generator=draw)
    jitter = torch.randn(PAIRS, 6, generator=draw) * torch.tensor([0.5, 0.5, 0.5, 1, 1, 1])
    _, nearest = cKDTree(where[among].numpy()).query((where[first] + jitter).numpy())
    second = among[torch.from_numpy(nearest)]
    alike = torch.exp(-(shade[first] - shade[second]).square().sum(-1) / 2) * (first != second)
    alike = alike * (2 - (normals[first] * normals[second]).sum(-1))
    return Pairs(first, second, alike / alike.sum().clamp_min(1e-12))


def _step(
    light: Tensor,
    tint: Tensor,
    basis: Tensor,
    transfer: Tensor,
    indirect: Tensor,
    colour: Tensor,
    pairs: Pairs,
    width: Tensor,
) -> tuple[Tensor, Tensor]:  # (K,), (B, 3) -> (K,), (B, 3)
    """One Gauss-Newton step of the light and its tint; ``width`` (2,) that of brightness and chromaticity."""
    directions, count = basis.shape
    points, place = torch.unique(torch.cat([pairs.first, pairs.second]), return_inverse=True)
    first, second = place.split(len(pairs.first))
    transfer = transfer[points]
    lit = light[:, None] * (basis @ tint).exp()
    shading = transfer @ lit + indirect[points] + BLACK
    paint = (colour[points] + BLACK).log() - shading.log()
    error = paint[first] - paint[second]
    brightness = error.mean(-1, keepdim=True)
    square = (brightness / width[0]).square().sum(-1) + ((error - brightness) / width[1]).square().sum(-1)
    weight = pairs.weight * (1 + square) ** -2 * (0.2 / width[0]) ** 2 / 3
    # Unknowns: the light's logarithm by direction, then the tint's coefficients, channel by channel.
    log_light, flat = light.log(), tint.T.reshape(-1)
    curvature = torch.block_diag(stiffness(directions, SMOOTH), STIFFNESS * torch.eye(3 * count))
    gradient = curvature @ torch.cat([log_light - log_light.mean(), flat])
    for channel in range(3):
        slope = transfer * lit[:, channel] / shading[:, channel, None]
        jacobian = slope[second] - slope[first]
        jacobian = torch.cat([jacobian, jacobian @ basis], 1)
        weighted = jacobian * weight[:, None]
        own = torch.cat([torch.arange(directions), directions + channel * count + torch.arange(count)])
        curvature[own[:, None], own] += weighted.T @ jacobian
        gradient[own] += weighted.T @ error[:, channel]
    change = torch.linalg.solve(curvature + 1e-6 * torch.eye(len(gradient)), gradient)
    log_light = log_light - change[:directions].clamp(-1, 1)
    tint = (flat - change[directions:].clamp(-0.5, 0.5)).reshape(3, count).T
    return at_mean(log_light), tint - tint.mean(1, keepdim=True)


def _tinted(light: Tensor, basis: Tensor, tint: Tensor) -> Tensor:  # (K,), (K, B), (B, 3) -> (K, 3)
    """Coloured light that is white on average over all directions, which pairs of points leave open."""
    lit = light[:, None] * (basis @ tint).exp()
    return lit * (light.mean() / lit.mean(0))


def _harmonics(directions: Tensor) -> Tensor:  # (K, 3) -> (K, 9)
    """Real spherical harmonics to the second order, unnormalised."""
    x, y, z = directions.unbind(-1)
    return torch.stack([torch.ones_like(x), x, y, z, x * y, y * z, z * x, x * x - y * y, 3 * z * z - 1], -1)
