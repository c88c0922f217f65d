"""Which brightness is the light's and which the surface's, told by pairs of points of one chromaticity.

White light changes how bright a colour is, not its chromaticity (colour Retinex, Grosse et al. 2009): where two points
have the same, they likely have the same albedo, and what differs is light.  Those that have not, as grey beside white,
are outliers to a robust norm.
"""

import math
from dataclasses import dataclass

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from ..light import MEAN_RADIANCE, fibonacci_sphere

PAIRS = 12_000
SHADE = 0.005  # linear radiance below which a picture's noise hides the chromaticity
SPREAD = 0.05  # natural log: how far the chromaticities of one paint scatter in white light
BLACK = 0.001  # linear radiance that keeps logarithms finite
ROUNDS, MORE_ROUNDS = 14, 6  # from an even light, and from one that is nearly right
WIDEST, NARROWEST = 0.5, 0.12  # natural log: differences of albedo that count as outliers, at first and at last
GLINT_WIDTH = 0.1  # linear radiance: differences between views that count as outliers
GLINT_WEIGHT = 0.02  # of all glints beside all pairs
SMOOTH, EVEN = 5e-4, 1e-4  # weights of the light's smoothness over directions, and of its evenness


@dataclass(frozen=True)
class Pairs:
    """Points that likely have one albedo."""

    first: Tensor  # (Q,)
    second: Tensor  # (Q,)
    weight: Tensor  # (Q,) sums to 1


@dataclass(frozen=True)
class Glints:
    """How two frames differ in what they see of one point, which is highlight alone."""

    share: Tensor  # (Q, K) difference of the shares of each direction's radiance that are reflected to the two cameras
    difference: Tensor  # (Q,) of the radiances seen, less that of what else is reflected

    def error(self, light: Tensor) -> Tensor:  # (K,) -> (Q,)
        """What the light leaves unexplained, in outliers' widths."""
        return (self.share @ light - self.difference) / GLINT_WIDTH

    def unexplained(self, light: Tensor) -> Tensor:  # (K,) -> (Q,)
        """Robust error in [0, 1]."""
        square = self.error(light).square()
        return square / (1 + square)


def chromaticity(colour: Tensor) -> Tensor:  # (P, 3) -> (P, 3)
    """Natural log of linear colours less its mean: the same for every brightness, but in deep shade."""
    log = (colour + SHADE).log()
    return log - log.mean(-1, keepdim=True)


def chromaticity_pairs(colour: Tensor, weight: Tensor, draw: torch.Generator, count: int = PAIRS) -> Pairs:
    """Draw pairs of points of like chromaticity.  colour (P, 3) linear; weight (P,) ≥ 0, area times evidence."""
    place = chromaticity(colour) / SPREAD
    first = torch.multinomial(weight, count, replacement=True, generator=draw)
    among = torch.multinomial(weight, min(20_000, int((weight > 0).sum())), generator=draw)
    # The nearest to a place that is jittered, not to the point itself, or neighbours would only meet each other.
    jitter = torch.randn(count, 3, generator=draw) / 2
    _, nearest = cKDTree(place[among].numpy()).query((place[first] + jitter).numpy())
    second = among[torch.from_numpy(nearest)]
    alike = torch.exp(-(place[first] - place[second]).square().sum(-1) / 2) * (first != second)
    return Pairs(first, second, alike / alike.sum().clamp_min(1e-12))


def fit_light(
    transfer: Tensor,  # (P, K) irradiance over π by each direction's radiance
    indirect: Tensor,  # (P,) irradiance over π from the object itself
    brightness: Tensor,  # (P,) diffuse radiance seen
    pairs: Pairs,
    start: Tensor | None = None,  # (K,)
    glints: Glints | None = None,
) -> Tensor:  # (K,)
    """Radiance ≥ 0 from each of K ``fibonacci_sphere`` directions that gives paired points equal albedos.

    Gauss-Newton on the light's logarithm; Geman-McClure's norm, narrowed round by round.  The scale that albedo ×
    light leaves open is fixed: the mean over directions is MEAN_RADIANCE.
    """
    count = transfer.shape[1]
    log_light = torch.full((count,), math.log(MEAN_RADIANCE)) if start is None else start.clamp_min(1e-4).log()
    stiff = stiffness(count, SMOOTH)
    seen = (brightness + BLACK).log()
    points, place = torch.unique(torch.cat([pairs.first, pairs.second]), return_inverse=True)
    first, second = place.split(len(pairs.first))
    transfer, indirect, seen = transfer[points], indirect[points], seen[points]
    rounds = ROUNDS if start is None else MORE_ROUNDS
    for step in range(ROUNDS - rounds, ROUNDS):
        light = log_light.exp()
        shading = transfer @ light + indirect + BLACK
        slope = transfer * light / shading[:, None]
        albedo = seen - shading.log()
        error = albedo[first] - albedo[second]
        width = WIDEST * (NARROWEST / WIDEST) ** min(1.0, step / (ROUNDS - 4))
        weight = pairs.weight * (1 + (error / width).square()) ** -2 * (0.2 / width) ** 2
        jacobian = slope[second] - slope[first]
        weighted = jacobian * weight[:, None]
        gradient = weighted.T @ error + stiff @ (log_light - log_light.mean())
        curvature = weighted.T @ jacobian + stiff + 1e-6 * torch.eye(count)
        if glints:
            error = glints.error(light)
            jacobian = glints.share * light / GLINT_WIDTH
            weighted = jacobian * (GLINT_WEIGHT / len(error) * (1 + error.square()) ** -2)[:, None]
            gradient, curvature = gradient + weighted.T @ error, curvature + weighted.T @ jacobian
        log_light = log_light - torch.linalg.solve(curvature, gradient).clamp(-1, 1)
        log_light = at_mean(log_light).log()
    return log_light.exp()


def at_mean(log_light: Tensor) -> Tensor:  # (K,) -> (K,)
    """The light of this logarithm, scaled to a mean of MEAN_RADIANCE."""
    return (log_light - log_light.logsumexp(0) + math.log(len(log_light) * MEAN_RADIANCE)).exp()


def stiffness(count: int, smooth: float) -> Tensor:  # (K, K)
    """Weights that keep the logarithm of a light smooth over its directions, and even."""
    return (smooth * _roughness(count) + EVEN * torch.eye(count)) / count


def _roughness(count: int, neighbours: int = 6) -> Tensor:  # (K, K)
    """Graph Laplacian of the directions, each joined to its nearest."""
    directions = fibonacci_sphere(count)
    nearest = (directions @ directions.T).topk(neighbours + 1).indices[:, 1:]
    joined = torch.zeros(count, count).scatter_(1, nearest, 1.0)
    joined = (joined + joined.T) / 2
    return torch.diag(joined.sum(1)) - joined
