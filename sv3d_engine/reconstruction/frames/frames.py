"""A job's prepared frames as tensors."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate, normalize

from ...ground.files import reading
from ...orbit.cameras import CameraOrbit
from ...orbit.orbit_files import read_orbit
from .origins import Origin, read_origins


@dataclass(frozen=True)
class Frames:
    """An orbit's pictures and cameras.  sRGB values in [0, 1], straight alpha; white where alpha is 0."""

    rgb: Tensor  # (N, S, S, 3) float32
    alpha: Tensor  # (N, S, S) float32
    orbit: CameraOrbit
    # What is told of normals, unit in each camera's axes (x right, y up, z to the viewer), and how surely, 0 to 1.
    normals: Tensor | None = None  # (N, S, S, 4) float32
    origins: tuple[Origin, ...] | None = None  # the pictures that they were made from, where that is known

    def premultiplied(self) -> Tensor:  # (N, S, S, 4)
        """Colour times alpha, and alpha."""
        alpha = self.alpha[..., None]
        return torch.cat([self.rgb * alpha, alpha], -1).contiguous()

    def shrunk(self, size: int) -> "Frames":
        """The same frames averaged down to ``size`` × ``size`` pixels; those that are no larger stay as they are."""
        if self.alpha.shape[-1] <= size:
            return self
        packed = interpolate(self.premultiplied().permute(0, 3, 1, 2), size=(size, size), mode="area")
        coverage = packed[:, 3]
        straight = packed[:, :3].permute(0, 2, 3, 1) / coverage.clamp_min(1e-6)[..., None]
        rgb = torch.where(coverage[..., None] > 0, straight.clamp(0, 1), torch.ones(()))
        normals = None if self.normals is None else resized_normals(self.normals, size)
        return replace(self, rgb=rgb.contiguous(), alpha=coverage.contiguous(), normals=normals)


def resized_normals(normals: Tensor, size: int) -> Tensor:  # (N, H, W, 4) -> (N, size, size, 4)
    """Normals and confidence in pixels of another size; where what is averaged points many ways it is less sure."""
    return averaged_normals(resized(normals[..., :3] * normals[..., 3:], size))


def resized(layers: Tensor, size: int) -> Tensor:  # (N, H, W, C) -> (N, size, size, C)
    """Averaged where they become smaller."""
    mode = "bilinear" if size > layers.shape[1] else "area"
    return interpolate(layers.permute(0, 3, 1, 2), size=(size, size), mode=mode).permute(0, 2, 3, 1)


def averaged_normals(mean: Tensor) -> Tensor:  # (…, 3) -> (…, 4)
    """Normals and confidence of what a mean of normals, each as long as it is sure, has become."""
    length = mean.norm(dim=-1, keepdim=True)
    return torch.cat([mean / length.clamp_min(1e-6), length], -1).contiguous()


NORMALS = "normals"  # the folder of told normals in a job's, beside its frames


def load_frames(job: Path, *, rejected: bool = False, normals: bool = False) -> Frames:
    """Read ``frames/`` and ``cameras.json`` of a job folder, as prepare_frames wrote them, but for rejected frames.

    ``rejected`` takes those too, ``normals`` what ``save_normals`` wrote, which needs as much memory as the frames.
    """
    orbit = read_orbit(job / "cameras.json")
    if not rejected:
        orbit = replace(orbit, views=tuple(view for view in orbit.views if view.weight > 0))
    pictures = [_read(job / "frames" / view.file) for view in orbit.views]
    rgba = torch.from_numpy(np.stack(pictures)).float() / 255
    rgb, alpha = rgba[..., :3], rgba[..., 3]
    rgb = torch.where(alpha[..., None] > 0, rgb, torch.ones(()))
    files = [view.file for view in orbit.views]
    told = torch.stack([_read_normals(job / NORMALS / file) for file in files]) if normals else None
    return Frames(rgb.contiguous(), alpha.contiguous(), orbit, told, read_origins(job, files))


def _read(path: Path) -> NDArray[np.uint8]:  # (S, S, 4)
    with reading(path), Image.open(path, formats=("PNG",)) as image:
        return np.asarray(image.convert("RGBA"))


def _read_normals(path: Path) -> Tensor:  # (S, S, 4)
    packed = torch.from_numpy(np.array(_read(path))).float() / 255
    return torch.cat([normalize(packed[..., :3] * 2 - 1, dim=-1), packed[..., 3:]], -1)
