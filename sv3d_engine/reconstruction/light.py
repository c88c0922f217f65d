"""White light as Spherical Gaussians, and what a Lambertian surface makes of it.

G(v; μ, λ, a) = a·exp(λ(v·μ − 1)); the clamped cosine is a Spherical Gaussian too (Wang et al. 2009), as in SV3D.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import normalize, softplus

from ..ground.files import reading, write_json

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


def mean_radiance(sharpness: Tensor, amplitude: Tensor) -> Tensor:  # (K,), (K,) -> ()
    """Mean over the sphere of the Gaussians' sum: ∫G is 2πa(1 − e^{−2λ})/λ."""
    return (amplitude * -torch.expm1(-2 * sharpness) / (2 * sharpness)).sum()


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

    @torch.no_grad()
    def take(self, axes: Tensor, sharpness: Tensor, amplitude: Tensor) -> None:
        """Become Gaussians (K, 3), (K,), (K,), but for their scale."""
        self.direction.copy_(axes)
        self.log_sharpness.copy_(sharpness.log())
        wanted = amplitude / amplitude.mean().clamp_min(1e-9)
        self.raw_amplitude.copy_(wanted.clamp_min(1e-4).expm1().log())  # softplus' inverse

    def gaussians(self) -> tuple[Tensor, Tensor, Tensor]:
        """Unit axes (K, 3), sharpness (K,) > 0 and amplitude (K,) ≥ 0."""
        sharpness = self.log_sharpness.exp().clamp(0.5, 60.0)
        amplitude = softplus(self.raw_amplitude)
        scale = MEAN_RADIANCE / mean_radiance(sharpness, amplitude)
        return normalize(self.direction, dim=-1), sharpness, amplitude * scale

    def forward(self, normals: Tensor) -> Tensor:  # (P, 3) -> (P,)
        """Irradiance over π for unit normals; its mean over the sphere is MEAN_RADIANCE."""
        return shading(normals, *self.gaussians())


Gaussians = tuple[Tensor, Tensor, Tensor]  # unit axes (K, 3), sharpness (K,), amplitude (K,)

_ABOUT = "G(v) = amplitude * exp(sharpness * (dot(v, axis) - 1)); Z up, the picture's front on +X, white, linear"
_PANORAMA_HEIGHT = 256  # the sharpest Gaussian allowed is some 10° wide


def save_light(gaussians: Gaussians, path: Path) -> None:
    """Write light.json, in the axes of cameras.json."""
    axes, sharpness, amplitude = (values.detach().cpu().tolist() for values in gaussians)
    lights = [
        {"axis": axis, "sharpness": s, "amplitude": a} for axis, s, a in zip(axes, sharpness, amplitude, strict=True)
    ]
    write_json(path, {"about": _ABOUT, "lights": lights})


def load_light(path: Path) -> Gaussians:
    """What ``save_light`` wrote, on the CPU."""
    with reading(path):
        lights = json.loads(path.read_text(encoding="utf-8"))["lights"]
        axes, sharpness, amplitude = ([light[key] for light in lights] for key in ("axis", "sharpness", "amplitude"))
        return torch.tensor(axes), torch.tensor(sharpness), torch.tensor(amplitude)


def save_panorama(gaussians: Gaussians, path: Path, height: int = _PANORAMA_HEIGHT) -> None:
    """Write light.hdr (Radiance RGBE, equirectangular): as a World in Blender it lights the imported mesh.glb.

    Blender and three.js turn panoramas the same way round a glTF scene, so there it needs no rotation.
    """
    axes, sharpness, amplitude = (values.detach().cpu() for values in gaussians)
    grey = radiance(panorama_directions(height).reshape(-1, 3), axes, sharpness, amplitude)
    header = f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {height} +X {2 * height}\n".encode("ascii")
    path.write_bytes(header + _rgbe(grey.numpy()).tobytes())


def panorama_directions(height: int) -> Tensor:  # (H, 2H, 3)
    """World directions of a panorama's pixels, top row first.

    Blender's azimuth falls from π to −π along a row; its axes are (y, −x, z) of the engine's, as the GLB is imported.
    """
    up = (0.5 - (torch.arange(height) + 0.5) / height) * math.pi
    azimuth = (0.5 - (torch.arange(2 * height) + 0.5) / (2 * height)) * 2 * math.pi
    up, azimuth = torch.meshgrid(up, azimuth, indexing="ij")
    blender_x, blender_y = up.cos() * azimuth.cos(), up.cos() * azimuth.sin()
    return torch.stack([-blender_y, blender_x, up.sin()], -1)


def _rgbe(grey: NDArray[np.float32]) -> NDArray[np.uint8]:  # (P,) -> (P, 4)
    """Three equal 8-bit mantissas and a shared exponent; flat, as every reader takes beside run lengths."""
    mantissa, exponent = np.frexp(grey)
    level = np.where(grey > 1e-32, (mantissa * 256).astype(np.int64), 0)
    shared = np.where(grey > 1e-32, exponent + 128, 0)
    return np.stack([level, level, level, shared], -1).clip(0, 255).astype(np.uint8)
