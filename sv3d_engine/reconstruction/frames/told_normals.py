"""Normals that something tells of the frames: turned to the cameras' axes, checked by the outlines, kept as pictures.

Whoever tells them has axes of its own: Blender and OpenGL have y up and z to the viewer, DirectX y down, MoGe y down
and z away.  At an outline the surface turns away from the viewer, so a normal points out of the outline there: that
tells which way x and y are, and that a normal that can be seen faces the viewer tells z.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn.functional import conv2d, normalize, pad

from ...ground.files import whole_folder
from ...ground.progress import Progress
from ...shared.errors import UserError
from .frames import Frames, resized_normals
from .normal_maps import NormalMaps
from .normal_network import NormalNetwork
from .raw_normals import NormalSource

RIM = 0.1  # of a blurred outline's slope, per pixel: what counts as at the outline
FITTING = 0.2  # mean cosine at the outline between what is told and straight out, from which a map is believed
CLEAR = 0.1  # mean cosine from which an axis is told by the frames, not by what is usual
_BLUR = 5  # pixels


@dataclass(frozen=True)
class Told:
    """Normals of frames, and what is to be said of them."""

    normals: Tensor  # (N, S, S, 4) unit, x right, y up, z to the viewer, and confidence: see ``Frames``
    notes: tuple[str, ...]


def told_normals(frames: Frames, source: NormalSource, progress: Progress) -> Told:
    """What ``source`` tells of the frames, in their cameras' axes; frames that it does not fit are left out.

    Raises UserError where it fits fewer than half of those that count.
    """
    raw = source(frames, progress)
    normals = torch.cat([normalize(raw.normals[..., :3], dim=-1), raw.normals[..., 3:].clamp(0, 1)], -1)
    if normals.shape[1:3] != frames.alpha.shape[1:]:
        normals = resized_normals(normals, frames.alpha.shape[-1])
    normals[..., 3] *= frames.alpha > 0.5
    signs = axes_told(normals, frames.alpha)
    normals[..., :3] *= signs
    if raw.rolls is not None:
        normals[..., :3] = rolled(normals[..., :3], raw.rolls)
    silent = normals[..., 3].amax((1, 2)) == 0
    fits = at_outlines(normals, frames.alpha).sum(-1) >= FITTING
    counted = frames.orbit.says > 0
    count, of = int((fits & counted).sum()), int(counted.sum())
    if 2 * count < of:
        raise UserError(
            f"The normals fit the outlines of only {count} of {of} frames.",
            "They have to be of the same frames, in the same order and place, and in each camera's own axes, not the "
            "world's. Correct them, or leave them out.",
        )
    normals[~fits] = 0
    notes = list(raw.notes)
    if signs[1] < 0:
        notes.append("The normals' green or y axis points down; it was turned up.")
    names = [origin.name for origin in frames.origins] if frames.origins else [view.file for view in frames.orbit.views]
    if bool((silent := silent & counted).any()):
        notes.append(f"No normals are told of {_those(names, silent)}.")
    if bool((wrong := ~fits & ~silent & counted).any()):
        notes.append(f"The normals told do not fit the outlines of {_those(names, wrong)}; there they were left out.")
    return Told(normals, tuple(notes))


def _those(names: list[str], which: Tensor) -> str:  # (N,) bool
    return ", ".join(name for name, is_one in zip(names, which.tolist(), strict=True) if is_one)


def rolled(normals: Tensor, rolls: Tensor) -> Tensor:  # (N, S, S, 3), (N,) -> (N, S, S, 3)
    """Normals of pictures that are turned clockwise by ``rolls``, in radians, in the axes of upright ones."""
    x, y, z = normals.unbind(-1)
    cos, sin = rolls.cos()[:, None, None], rolls.sin()[:, None, None]
    return torch.stack([cos * x - sin * y, sin * x + cos * y, z], -1)


def normal_source(path: Path) -> NormalSource:
    """A folder of maps, or a network.  Raises UserError for what is neither."""
    return NormalMaps(path) if path.is_dir() else NormalNetwork(path)


def axes_told(normals: Tensor, alpha: Tensor) -> Tensor:  # (N, S, S, 4), (N, S, S) -> (3,) of 1 and −1
    """What x, y and z are to be multiplied by, so that normals point out of outlines and to the viewer."""
    sideways = at_outlines(normals, alpha).mean(0)
    facing = (normals[..., 2] * normals[..., 3]).sum() / normals[..., 3].sum().clamp_min(1e-6)
    found = torch.cat([sideways, facing[None]])
    return torch.where(found < -CLEAR, -1.0, 1.0)


def at_outlines(normals: Tensor, alpha: Tensor) -> Tensor:  # (N, S, S, 4), (N, S, S) -> (N, 2)
    """How far normals point out of each frame's outline: x's and y's share of the mean cosine along it."""
    kernel = torch.ones(1, 1, _BLUR, _BLUR) / _BLUR**2
    # Repeated beyond the frame: where an object is cut off there is no outline.
    blurred = conv2d(pad(alpha[:, None], (_BLUR // 2,) * 4, mode="replicate"), kernel)[:, 0]
    right, up = torch.zeros_like(blurred), torch.zeros_like(blurred)
    right[:, :, 1:-1] = (blurred[:, :, :-2] - blurred[:, :, 2:]) / 2
    up[:, 1:-1] = (blurred[:, 2:] - blurred[:, :-2]) / 2  # rows run down
    slope = torch.stack([right, up], -1)  # out of the outline
    steep = slope.norm(dim=-1)
    weight = normals[..., 3] * (steep > RIM)
    cosines = normals[..., :2] * slope / steep.clamp_min(1e-6)[..., None]
    return (cosines * weight[..., None]).sum((1, 2)) / weight.sum((1, 2)).clamp_min(1e-6)[:, None]


def save_normals(normals: Tensor, files: list[str], folder: Path) -> None:
    """Write (N, S, S, 4) as PNGs in ``folder``, in place of what it was: (n + 1) / 2, alpha the confidence.

    So does Blender show normals in a camera's axes; ``load_frames`` reads them.
    """
    packed = torch.cat([(normals[..., :3] + 1) / 2, normals[..., 3:]], -1)
    pictures: NDArray[np.uint8] = (packed * 255 + 0.5).clamp(0, 255).to(torch.uint8).numpy()
    with whole_folder(folder) as partial:
        for picture, file in zip(pictures, files, strict=True):
            Image.fromarray(picture).save(partial / file, compress_level=4)
