"""A photograph taken again: what a camera in the same place would have seen that looks another way, undistorted.

A pinhole's picture shows everything there is in its directions, so turning the camera about its centre is exact.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import avg_pool2d, grid_sample

from ...orbit.lens import Lens

Array = NDArray[np.float64]
Image = NDArray[np.float32]
_MARGIN = 8  # pixels around what is needed of a photograph
# EXIF's orientation of a photograph that is shown turned, where the tool that found its camera had it unturned.
CLOCKWISE, COUNTER, HALFWAY = 6, 8, 3


@dataclass(frozen=True)
class Taken:
    """How a photograph was taken."""

    lens: Lens
    axes: Array  # (3, 3) rows: right, up, backward
    width: int  # pixels as the tool saw them
    height: int
    turned: int | None = None  # CLOCKWISE, COUNTER or HALFWAY, if it is shown otherwise than the tool saw it

    @property
    def aspect(self) -> float:
        return self.height / self.width

    @property
    def held(self) -> Array:  # (3, 3)
        """The axes of a camera that would see it as it is shown."""
        right, up, back = self.axes
        if self.turned == CLOCKWISE:
            return np.stack([up, -right, back])
        if self.turned == COUNTER:
            return np.stack([-up, right, back])
        return np.stack([-right, -up, back]) if self.turned == HALFWAY else self.axes

    def pixels(self, axes: Array, directions: Array) -> Array:  # (…, 2) -> (…, 2)
        """Where the photograph, as it is shown, has ``directions`` before a camera in its place with these ``axes``."""
        ahead = _turned(directions, axes, self.axes)
        x, y = np.moveaxis(self.lens.shown(ahead, self.aspect) * self.width, -1, 0)
        if self.turned == CLOCKWISE:
            x, y = self.height - y, x
        elif self.turned == COUNTER:
            x, y = y, self.width - x
        elif self.turned == HALFWAY:
            x, y = self.width - x, self.height - y
        return np.stack([x, y], -1)

    def seen_from(self, axes: Array, pixels: Array) -> Array:  # (…, 2) -> (…, 2)
        """``pixels`` the other way: directions before the other camera."""
        return _turned(self.directions(pixels), self.axes, axes)

    def directions(self, pixels: Array) -> Array:  # (…, 2) -> (…, 2)
        """What the photograph shows at pixels, in its own camera's axes."""
        x, y = np.moveaxis(pixels, -1, 0)
        if self.turned == CLOCKWISE:
            x, y = y, self.height - x
        elif self.turned == COUNTER:
            x, y = self.width - y, x
        elif self.turned == HALFWAY:
            x, y = self.width - x, self.height - y
        return self.lens.directions(np.stack([x, y], -1) / self.width, self.aspect)


def _turned(directions: Array, axes: Array, others: Array) -> Array:
    """Directions (…, 2) before one camera as another in its place has them; far off those that lie behind it."""
    x, y = np.moveaxis(directions, -1, 0)
    right, up, back = np.moveaxis(np.stack([x, -y, -np.ones_like(x)], -1) @ (axes @ others.T), -1, 0)
    ahead = np.where(back < -1e-6, -back, np.nan)
    return np.nan_to_num(np.stack([right, -up], -1) / ahead[..., None], nan=1e6)


def rephotograph(
    rgb: Image, alpha: Image | None, taken: Taken, axes: Array, tan: float, size: int
) -> tuple[Image, Image | None]:
    """The photograph (H, W, 3) as a camera of ``size``² pixels with these ``axes`` sees it, and its alpha.

    ``tan`` is that of half the angle across.  Beyond the photograph its border is continued, or nothing is there where
    it has an alpha.  It is averaged where it is larger, and read by cubic interpolation once.
    """
    scale = taken.lens.focal[0] * taken.width * 2 * tan / size  # the photograph's pixels per pixel
    fine = 2 if scale > 1.1 else 1
    places = (np.arange(size * fine) + 0.5) / (size * fine) * 2 - 1
    x, y = np.meshgrid(places * tan, places * tan)
    where = taken.pixels(axes, np.stack([x, y], -1))
    layers = rgb if alpha is None else np.concatenate([rgb * alpha[..., None], alpha[..., None]], -1)
    layers, where = _needed(layers, where)
    average = max(1, int(scale))
    picture = torch.from_numpy(np.ascontiguousarray(layers)).permute(2, 0, 1)[None]
    if average > 1:
        picture, where = avg_pool2d(picture, average, ceil_mode=True, count_include_pad=False), where / average
    height, width = picture.shape[2:]
    grid = torch.from_numpy((where / (width, height) * 2 - 1).clip(-1e3, 1e3).astype(np.float32))
    padding = "border" if alpha is None else "zeros"
    found = grid_sample(picture, grid[None], mode="bicubic", padding_mode=padding, align_corners=False)
    found = avg_pool2d(found, fine)[0].permute(1, 2, 0).clamp(0, 1)
    if alpha is None:
        return found.numpy(), None
    cover = found[..., 3:]
    colours = torch.where(cover > 1e-3, found[..., :3] / cover.clamp_min(1e-3), torch.ones(())).clamp(0, 1)
    return colours.numpy(), np.ascontiguousarray(cover[..., 0].numpy())


def _needed(layers: Image, where: Array) -> tuple[Image, Array]:
    """The part of a picture (H, W, C) that is looked at, and the places (…, 2) in it."""
    height, width = layers.shape[:2]
    inside = where.reshape(-1, 2)
    low = np.floor(inside.min(0) - _MARGIN).clip(0, (width - 1, height - 1)).astype(int)
    high = np.ceil(inside.max(0) + _MARGIN).clip(low + 1, (width, height)).astype(int)
    return layers[low[1] : high[1], low[0] : high[0]], where - low
