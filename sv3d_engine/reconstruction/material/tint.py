"""How the light's colour differs with its direction, told by neighbours of one paint that face different ways.

A low-order tint, as window and lamp give a room.  Where it is strong, one paint has many chromaticities; so pairs are
drawn close together on the object with a wide range of them, and again, with a narrower one, once the tint is known.
"""

import math

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from ..light import fibonacci_sphere
from .separation import BLACK, PAIRS, Pairs, chromaticity

NEAR = 0.1  # of the object's radius: how far apart pairs are
SPREADS = (0.6, 0.3, 0.2)  # natural log: how far the chromaticities of one paint scatter, draw by draw
ROUNDS = 4  # of Gauss-Newton after each draw
WIDEST, NARROWEST = 0.6, 0.1  # natural log: differences of chromaticity that count as outliers, at first and at last
JUDGED = 0.15  # the same where a tint is judged
STIFFNESS = 1e-3  # weight of the tint's squared coefficients
# A tint must leave no more than this share of the differences unexplained, or it is made of the paints' own.
CLEARLY_TINTED = 0.85
_CENTRED = torch.eye(3) - 1 / 3  # takes the mean over the channels away


def tinted_shading(
    points: Tensor,  # (P, 3)
    normals: Tensor,  # (P, 3) unit
    transfer: Tensor,  # (P, K) irradiance over π by each direction's radiance
    indirect: Tensor,  # (P, 3) irradiance over π from the object itself
    light: Tensor,  # (K,) white
    colour: Tensor,  # (P, 3) diffuse radiance seen
    weight: Tensor,  # (P,) area times evidence
    draw: torch.Generator,
) -> Tensor | None:  # (P, 3)
    """Irradiance over π in light whose tint is a second-order harmonic; None where that explains too little.

    Gauss-Newton on the tint's logarithm; Geman-McClure's norm over chromaticities, narrowed round by round.
    """
    place = (points - points.mean(0)) / (points - points.mean(0)).norm(dim=-1).amax().clamp_min(1e-9) / NEAR
    basis = _harmonics(fibonacci_sphere(len(light)))
    tint = torch.zeros(basis.shape[1], 3)
    plain = (transfer @ light)[:, None] + indirect
    shading = plain.mean(-1, keepdim=True).expand(-1, 3)
    widths = torch.logspace(math.log10(WIDEST), math.log10(NARROWEST), len(SPREADS) * ROUNDS).split(ROUNDS)
    first_pairs = _neighbours(place, normals, colour, weight, SPREADS[0], draw)
    before = _unexplained(colour, shading, first_pairs)
    for spread, steps in zip(SPREADS, widths, strict=True):
        cast = (shading / shading.mean(-1, keepdim=True).clamp_min(BLACK)).clamp_min(0.05)
        pairs = _neighbours(place, normals, colour / cast, weight, spread, draw)
        for width in steps:
            tint = _step(tint, basis, transfer, indirect, light, chromaticity(colour), pairs, float(width))
        shading = transfer @ _tinted(light, basis, tint) + indirect
    return shading if _unexplained(colour, shading, first_pairs) < CLEARLY_TINTED * before else None


def _neighbours(
    place: Tensor, normals: Tensor, colour: Tensor, weight: Tensor, spread: float, draw: torch.Generator
) -> Pairs:
    """Pairs close in ``place`` (P, 3) and chromaticity; those that face different ways weigh most."""
    shade = chromaticity(colour) / spread
    where = torch.cat([shade, place], 1)
    first = torch.multinomial(weight, PAIRS, replacement=True, generator=draw)
    among = torch.multinomial(weight, min(20_000, int((weight > 0).sum())), generator=draw)
    jitter = torch.randn(PAIRS, 6, generator=draw) * torch.tensor([0.5, 0.5, 0.5, 1, 1, 1])
    _, nearest = cKDTree(where[among].numpy()).query((where[first] + jitter).numpy())
    second = among[torch.from_numpy(nearest)]
    alike = torch.exp(-(shade[first] - shade[second]).square().sum(-1) / 2) * (first != second)
    alike = alike * (1.1 - (normals[first] * normals[second]).sum(-1))
    return Pairs(first, second, alike / alike.sum().clamp_min(1e-12))


def _step(
    tint: Tensor,
    basis: Tensor,
    transfer: Tensor,
    indirect: Tensor,
    light: Tensor,
    seen: Tensor,
    pairs: Pairs,
    width: float,
) -> Tensor:  # (B, 3) -> (B, 3)
    """One Gauss-Newton step of the tint's coefficients; ``seen`` (P, 3) chromaticity."""
    count = len(tint)
    points, place = torch.unique(torch.cat([pairs.first, pairs.second]), return_inverse=True)
    first, second = place.split(len(pairs.first))
    transfer = transfer[points]
    lit = _tinted(light, basis, tint)
    shading = transfer @ lit + indirect[points] + BLACK
    paint = seen[points] - shading.log() @ _CENTRED
    error = paint[first] - paint[second]
    weight = pairs.weight * (1 + (error / width).square().sum(-1)) ** -2 * (0.2 / width) ** 2
    slope = torch.stack([(transfer * lit[:, c] / shading[:, c, None]) @ basis for c in range(3)], 1)  # (P, 3, B)
    jacobian = torch.einsum("jk,qkb->qjkb", _CENTRED, slope[second] - slope[first]).reshape(len(error), 3, 3 * count)
    weighted = jacobian * weight[:, None, None]
    stiffness = STIFFNESS * torch.eye(3 * count)
    flat = tint.T.reshape(-1)
    curvature = torch.einsum("qjm,qjn->mn", weighted, jacobian) + stiffness
    change = torch.linalg.solve(curvature, torch.einsum("qjm,qj->m", weighted, error) + stiffness @ flat)
    tint = (flat - change.clamp(-0.5, 0.5)).reshape(3, count).T
    return tint - tint.mean(1, keepdim=True)


def _tinted(light: Tensor, basis: Tensor, tint: Tensor) -> Tensor:  # (K,), (K, B), (B, 3) -> (K, 3)
    """Coloured light that is white on average over all directions, which pairs of points leave open."""
    lit = light[:, None] * (basis @ tint).exp()
    return lit * (light.mean() / lit.mean(0))


def _unexplained(colour: Tensor, shading: Tensor, pairs: Pairs) -> float:
    """Mean robust difference of the paired paints' chromaticities, in [0, 1]."""
    paint = chromaticity(colour) - (shading + BLACK).log() @ _CENTRED
    square = ((paint[pairs.first] - paint[pairs.second]) / JUDGED).square().sum(-1)
    return float((pairs.weight * square / (1 + square)).sum())


def _harmonics(directions: Tensor) -> Tensor:  # (K, 3) -> (K, 9)
    """Real spherical harmonics to the second order, unnormalised."""
    x, y, z = directions.unbind(-1)
    return torch.stack([torch.ones_like(x), x, y, z, x * y, y * z, z * x, x * x - y * y, 3 * z * z - 1], -1)
