"""A job's prepared frames as tensors."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from ...ground.files import reading
from ...orbit.cameras import CameraOrbit
from ...orbit.orbit_files import read_orbit


@dataclass(frozen=True)
class Frames:
    """An orbit's pictures and cameras.  sRGB values in [0, 1], straight alpha; white where alpha is 0."""

    rgb: Tensor  # (N, S, S, 3) float32
    alpha: Tensor  # (N, S, S) float32
    orbit: CameraOrbit

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
        return Frames(rgb.contiguous(), coverage.contiguous(), self.orbit)


def load_frames(job: Path) -> Frames:
    """Read ``frames/`` and ``cameras.json`` of a job folder, as prepare_frames wrote them, but for rejected frames."""
    orbit = read_orbit(job / "cameras.json")
    orbit = replace(orbit, views=tuple(view for view in orbit.views if view.weight > 0))
    pictures = [_read(job / "frames" / view.file) for view in orbit.views]
    rgba = torch.from_numpy(np.stack(pictures)).float() / 255
    rgb, alpha = rgba[..., :3], rgba[..., 3]
    rgb = torch.where(alpha[..., None] > 0, rgb, torch.ones(()))
    return Frames(rgb.contiguous(), alpha.contiguous(), orbit)


def _read(path: Path) -> NDArray[np.uint8]:  # (S, S, 4)
    with reading(path), Image.open(path, formats=("PNG",)) as image:
        return np.asarray(image.convert("RGBA"))
