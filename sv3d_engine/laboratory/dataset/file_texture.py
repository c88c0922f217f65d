"""Albedo and opacity of a file's model at points of its faces."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...reconstruction.render.rasterize import look_up_texture
from .shapes.primitives import Ints

BLENDED = 0.0  # in place of a cut-off: opacity is what the file says


@dataclass(frozen=True)
class FileTexture:
    """Pictures times colours, as glTF and MTL have them."""

    corners: NDArray[np.float32]  # (F, 3, 3) places of the faces' corners
    uv: NDArray[np.float32]  # (F, 3, 2), v down
    tint: NDArray[np.float32]  # (F, 3, 4) linear colour and opacity at each corner
    picture: Ints  # (F,) which picture, −1 for none
    pictures: Sequence[Tensor]  # (H, W, 4) linear, premultiplied: what is nothing has no colour to bleed into edges
    cutoff: NDArray[np.float32]  # (F,) opacities from here on are 1, lower ones 0; BLENDED where they stay

    @cached_property
    def see_through(self) -> NDArray[np.bool_]:  # (F,)
        """Faces that may be less than opaque somewhere."""
        thin = np.array([bool((p[..., 3] < 1).any()) for p in self.pictures] + [False])  # the last for −1
        return np.asarray((self.tint[..., 3] < 1).any(1) | thin[self.picture])

    @property
    def visible(self) -> bool:
        """Whether any face may hide what lies behind it: one whose corners and picture are not all of them nothing."""
        there = np.array([bool((p[..., 3] > 0).any()) for p in self.pictures] + [True])  # the last for −1
        return bool(((self.tint[..., 3] > 0).any(1) & there[self.picture]).any())

    def __call__(self, points: Tensor, face: Tensor) -> Tensor:  # (P, 3), (P,) -> (P, 3)
        """Linear colours at points of the given faces."""
        return self._looked_up(points, face)[:, :3]

    def opacity(self, points: Tensor, face: Tensor) -> Tensor:  # (P, 3), (P,) -> (P,) in [0, 1]
        """How much of what lies behind is hidden at points of the given faces."""
        alpha = self._looked_up(points, face)[:, 3]
        cutoff = torch.from_numpy(self.cutoff).to(points.device)[face]
        return torch.where(cutoff == BLENDED, alpha, (alpha >= cutoff).float())

    def _looked_up(self, points: Tensor, face: Tensor) -> Tensor:  # (P, 4), straight
        device = points.device
        a, b, c = torch.from_numpy(self.corners).to(device)[face].unbind(1)
        weight = _barycentric(points, a, b, c)
        value = (torch.from_numpy(self.tint).to(device)[face] * weight[..., None]).sum(1)
        uv = (torch.from_numpy(self.uv).to(device)[face] * weight[..., None]).sum(1) % 1
        which = torch.from_numpy(self.picture).to(device)[face]
        for number, picture in enumerate(self.pictures):
            chosen = (which == number).nonzero()[:, 0]
            if len(chosen):
                texel = look_up_texture(picture.to(device), uv[chosen])
                alpha = texel[:, 3:]
                value[chosen] *= torch.cat([texel[:, :3] / alpha.clamp_min(1e-4), alpha], 1)
        return value


def _barycentric(p: Tensor, a: Tensor, b: Tensor, c: Tensor) -> Tensor:  # (P, 3) each -> (P, 3)
    """Weights of the corners of each point's triangle, kept inside it."""
    u, v, w = b - a, c - a, p - a
    uu, uv, vv = (u * u).sum(-1), (u * v).sum(-1), (v * v).sum(-1)
    wu, wv = (w * u).sum(-1), (w * v).sum(-1)
    scale = 1 / (uu * vv - uv * uv).clamp_min(1e-20)
    second, third = (vv * wu - uv * wv) * scale, (uu * wv - uv * wu) * scale
    weight = torch.stack([1 - second - third, second, third], -1).clamp(0, 1)
    return weight / weight.sum(-1, keepdim=True)
