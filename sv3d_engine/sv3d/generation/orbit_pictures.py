"""A generated orbit as pictures: a look at it while it is still latents, then frames, cameras and a contact sheet."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn.functional import interpolate

from ...ground.files import whole_file
from ...ground.progress import Progress
from ...orbit.cameras import View
from ...orbit.orbit_files import CameraFile, write_cameras, write_frames
from ...shared.trajectory import SV3D_FOV_DEG, Pose

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
            with whole_file(folder / f"{i:03d}.png", durable=False) as partial:
                Image.fromarray(frame).save(partial, format="PNG", compress_level=1)


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


_COLUMNS = 7
_THUMBNAIL, _MARGIN, _CAPTION = 256, 12, 30  # pixels
_PAPER, _INK = (225, 225, 225), (40, 40, 40)


def write_orbit(
    frames: NDArray[np.uint8],  # (21, S, S, 3)
    poses: Sequence[Pose],
    folder: Path,
    progress: Progress,
) -> None:
    """Write ``folder``/frames/000.png … 020.png, cameras.json as ``mesh`` reads it, and contact_sheet.png.

    ``frames`` are sRGB, in the order of ``poses`` (degrees).  Each of the three is whole or not there.  The cameras
    have no distance: SV3D does not know it, the mesh's frames stage measures it.  Raises OSError.
    """
    views = tuple(View(f"{i:03d}.png", *pose) for i, pose in enumerate(poses))
    write_frames(frames, [view.file for view in views], folder / "frames", progress.part(0.0, 0.9))
    write_cameras(CameraFile(SV3D_FOV_DEG, None, views), folder / "cameras.json")
    progress(0.9, "Writing the contact sheet")
    with whole_file(folder / "contact_sheet.png") as partial:
        contact_sheet(frames, poses).save(partial, format="PNG")
    progress(1.0)


def contact_sheet(frames: NDArray[np.uint8], poses: Sequence[Pose]) -> Image.Image:  # (N, S, S, 3)
    """All frames small, seven in a row, each with its number and its azimuth and elevation in degrees."""
    across, down = _THUMBNAIL + _MARGIN, _THUMBNAIL + _CAPTION + _MARGIN
    rows = -(-len(frames) // _COLUMNS)
    sheet = Image.new("RGB", (_MARGIN + _COLUMNS * across, _MARGIN + rows * down), _PAPER)
    draw = ImageDraw.Draw(sheet)
    bold, plain = ImageFont.load_default(20), ImageFont.load_default(15)
    for i, (frame, pose) in enumerate(zip(frames, poses, strict=True)):
        x, y = _MARGIN + i % _COLUMNS * across, _MARGIN + i // _COLUMNS * down
        thumbnail = Image.fromarray(frame).resize((_THUMBNAIL, _THUMBNAIL), Image.Resampling.LANCZOS)
        sheet.paste(thumbnail, (x, y))
        baseline = y + _THUMBNAIL + _CAPTION - 8
        draw.text((x + 2, baseline), f"{i:03d}", _INK, bold, anchor="ls")
        angles = f"azimuth {round(pose.azimuth)}°, elevation {round(pose.elevation)}°"
        draw.text((x + _THUMBNAIL - 2, baseline), angles, _INK, plain, anchor="rs")
    return sheet
