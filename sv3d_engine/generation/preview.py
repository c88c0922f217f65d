"""A look at an orbit while it is still latents, without the decoder."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from ..progress import Progress

_UPSCALE = 3
_MOST_OF_TIME = 0.04  # that previews may take of the sampling
_RIDGE = 1e-2  # of the latents' mean variance: colours that the picture does not have stay tame


@dataclass(frozen=True)
class LatentPreview:
    """The linear map from latents to colours that explains one picture best: rgb ≈ weight·latent + bias.

    Latents are in the autoencoder's own scale (what it decodes), colours sRGB in [0, 1].
    """

    weight: Tensor  # (3, 4)
    bias: Tensor  # (3,)

    @classmethod
    def fit(cls, latents: Tensor, picture: Tensor) -> "LatentPreview":  # (4, h, w), (3, S, S)
        """Ridge regression from a picture's own latents to its area-averaged colours, on the latents' device."""
        with torch.no_grad():
            picture = picture.to(latents.device, torch.float32)
            colours = interpolate(picture[None], size=latents.shape[-2:], mode="area")[0].flatten(1).T  # (h·w, 3)
            values = latents.float().flatten(1).T  # (h·w, 4)
            values_mean, colours_mean = values.mean(0), colours.mean(0)
            centred = values - values_mean
            covariance = centred.T @ centred / len(values)
            ridge = _RIDGE * covariance.diagonal().mean().clamp_min(1e-12)
            correlation = centred.T @ (colours - colours_mean) / len(values)
            weight = torch.linalg.solve(covariance + ridge * torch.eye(4, device=latents.device), correlation).T
            return cls(weight, colours_mean - weight @ values_mean)

    def frames(self, latents: Tensor) -> NDArray[np.uint8]:
        """Latents (N, 4, h, w) on any device as sRGB pictures (N, 3h, 3w, 3)."""
        weight, bias = self.weight.to(latents.device), self.bias.to(latents.device)
        with torch.no_grad():
            rgb = torch.einsum("rc,nchw->nrhw", weight, latents.float()) + bias[:, None, None]
            rgb = interpolate(rgb.clamp(0, 1), scale_factor=_UPSCALE, mode="bilinear")
            return (255 * rgb + 0.5).to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()

    def write(self, latents: Tensor, folder: Path) -> None:
        """Write ``frames(latents)`` as ``folder``/000.png …, each in place of the last; none is ever half there."""
        folder.mkdir(parents=True, exist_ok=True)
        for i, frame in enumerate(self.frames(latents)):
            partial = folder / f"{i:03d}.png.part"
            Image.fromarray(frame).save(partial, format="PNG", compress_level=1)
            os.replace(partial, folder / f"{i:03d}.png")


class Previews:
    """Shows what latents will become, as often as that takes at most a twenty-fifth of the time."""

    def __init__(self, preview: LatentPreview, folder: Path, progress: Progress) -> None:
        self._preview, self._folder, self._progress = preview, folder, progress
        self._began = time.monotonic()
        self._spent = self._last = 0.0  # seconds on all previews, and on the last one

    def __call__(self, latents: Tensor) -> None:
        """Write and announce latents (21, 4, h, w) as frames, if it is time for it.  Raises Cancelled."""
        if self._spent + self._last > _MOST_OF_TIME * (time.monotonic() - self._began):
            return
        latents = latents.cpu()  # before the clock starts: a graphics card finishes its step first
        start = time.monotonic()
        self._preview.write(latents, self._folder)
        self._progress.preview("orbit", self._folder)
        self._last = time.monotonic() - start
        self._spent += self._last
