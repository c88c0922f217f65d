"""light.json and light.hdr: the recovered light for later stages and for other programs."""

import json
import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .spherical_gaussians import radiance

Gaussians = tuple[Tensor, Tensor, Tensor]  # unit axes (K, 3), sharpness (K,), amplitude (K,)

_ABOUT = "G(v) = amplitude * exp(sharpness * (dot(v, axis) - 1)); Z up, the picture's front on +X, white, linear"
_PANORAMA_HEIGHT = 256  # the sharpest Gaussian allowed is some 10° wide


def save_light(gaussians: Gaussians, path: Path) -> None:
    """Write light.json, in the axes of cameras.json."""
    axes, sharpness, amplitude = (values.detach().cpu().tolist() for values in gaussians)
    lights = [
        {"axis": axis, "sharpness": s, "amplitude": a} for axis, s, a in zip(axes, sharpness, amplitude, strict=True)
    ]
    path.write_text(json.dumps({"about": _ABOUT, "lights": lights}, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def load_light(path: Path) -> Gaussians:
    """What ``save_light`` wrote, on the CPU."""
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
