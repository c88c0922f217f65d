"""White light as Spherical Gaussians, and what a Lambertian surface makes of it.

G(v; μ, λ, a) = a·exp(λ(v·μ − 1)); the clamped cosine is a Spherical Gaussian too (Wang et al. 2009), as in SV3D.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, softplus

LIGHT_COUNT = 24  # the paper's
# Pictures of objects are exposed so that white stays below clipping in light that is uneven.
MEAN_RADIANCE = 0.8
COSINE_SHARPNESS, COSINE_AMPLITUDE = 2.133, 1.17
# The cosine's Gaussian integrates to 3.40, not to π.  Dividing by its own integral makes uniform light of radiance 1
# give irradiance/π = 1, so that the 8 % do not leak into the albedo.
COSINE_INTEGRAL = 2 * math.pi * COSINE_AMPLITUDE / COSINE_SHARPNESS * (1 - math.exp(-2 * COSINE_SHARPNESS))


def fibonacci_sphere(count: int) -> Tensor:  # (N, 3)
    """Unit vectors spread evenly over the sphere."""
    i = torch.arange(count, dtype=torch.float64) + 0.5
    z = 1 - 2 * i / count
    angle = math.pi * (1 + math.sqrt(5)) * i
    radius = (1 - z**2).sqrt()
    return torch.stack([radius * angle.cos(), radius * angle.sin(), z], -1).float()


def radiance(directions: Tensor, axes: Tensor, sharpness: Tensor, amplitude: Tensor) -> Tensor:
    """Sum of the Gaussians.  directions (P, 3) and axes (K, 3) unit; sharpness, amplitude (K,).  Returns (P,)."""
    return (amplitude * torch.exp(sharpness * (directions @ axes.T - 1))).sum(-1)


def shading(normals: Tensor, axes: Tensor, sharpness: Tensor, amplitude: Tensor) -> Tensor:
    """Irradiance over π at surfaces with these normals, by the product integral of two Spherical Gaussians.

    2π·a₁a₂·e^{d−s}·(1 − e^{−2d})/d with d = ‖λ₁μ₁ + λ₂μ₂‖, s = λ₁ + λ₂.  normals (P, 3) and axes (K, 3) unit;
    sharpness, amplitude (K,).  Returns (P,): reflected radiance = albedo · shading.
    """
    # ‖λμ + λ_c n‖² expanded, so that only the (P, K) cosines are formed.
    cosine = normals @ axes.T
    square = sharpness**2 + COSINE_SHARPNESS**2 + 2 * COSINE_SHARPNESS * sharpness * cosine
    d = square.clamp_min(1e-6).sqrt()
    product = torch.exp(d - sharpness - COSINE_SHARPNESS) * -torch.expm1(-2 * d) / d
    scale = 2 * math.pi * COSINE_AMPLITUDE / COSINE_INTEGRAL
    return scale * (product @ amplitude)


class Lights(nn.Module):
    """The trainable light: equal broad lobes to begin with, whose shading is the same everywhere within a percent.

    Albedo × light has one free scale.  It is fixed here: the mean radiance over the sphere is always MEAN_RADIANCE.
    """

    def __init__(self, count: int = LIGHT_COUNT) -> None:
        super().__init__()
        self.direction = nn.Parameter(fibonacci_sphere(count))
        self.log_sharpness = nn.Parameter(torch.full((count,), math.log(8.0)))
        self.raw_amplitude = nn.Parameter(torch.zeros(count))

    def gaussians(self) -> tuple[Tensor, Tensor, Tensor]:
        """Unit axes (K, 3), sharpness (K,) > 0 and amplitude (K,) ≥ 0."""
        sharpness = self.log_sharpness.exp().clamp(0.5, 60.0)
        amplitude = softplus(self.raw_amplitude)
        # ∫G over the sphere is 2πa(1 − e^{−2λ})/λ.
        mean = (amplitude * -torch.expm1(-2 * sharpness) / (2 * sharpness)).sum()
        return normalize(self.direction, dim=-1), sharpness, amplitude * (MEAN_RADIANCE / mean)

    def forward(self, normals: Tensor) -> Tensor:  # (P, 3) -> (P,)
        """Irradiance over π for unit normals; its mean over the sphere is MEAN_RADIANCE."""
        return shading(normals, *self.gaussians())
