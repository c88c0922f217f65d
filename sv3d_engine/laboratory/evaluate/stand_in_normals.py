"""Normal maps of known objects, true or with errors as a network makes them: a stand-in for one that cannot be had."""

import math
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import interpolate, normalize

from ...orbit.cameras import CameraOrbit
from ...reconstruction.frames.told_normals import save_normals
from ..dataset.model_files import load_object
from .mesh_sheet import surface_layers

KINDS = ("true", "noisy")
SIZE = 288  # pixels a side
# Errors as of one who judges each frame by itself: a bulge here, a hollow there, and some frames leaning.
SMOOTH, BUMPS = 0.2, 6  # of a normal's length, standard deviation along each axis, and how many there are along a side
NOISE = 0.05
TILT, EVERY = 10.0, 3  # degrees, about an axis of its own, in every third frame


def write_normal_maps(model: Path, orbit: CameraOrbit, kind: str, seed: int, folder: Path) -> float:
    """Write a map for each of the orbit's views; returns by how many degrees they are off on average.

    ``model`` looks along +X.
    """
    assert kind in KINDS, kind
    layers = torch.from_numpy(surface_layers(load_object(model, front="x", fitted=False), orbit, SIZE))
    true = torch.einsum("nhwc,nkc->nhwk", layers[..., :3], orbit.rotations())
    true = torch.where(true[..., 2:] < 0, -true, true)  # faces that are seen from behind
    sure = (layers[..., 6:] > 0.9).float()
    told = true if kind == "true" else spoiled(true, torch.Generator().manual_seed(seed))
    save_normals(torch.cat([told, sure], -1), [view.file for view in orbit.views], folder)
    cosine = (told * true).sum(-1)[sure[..., 0] > 0].clamp(-1, 1)
    return float(torch.rad2deg(torch.arccos(cosine)).mean())


def spoiled(normals: Tensor, draw: torch.Generator) -> Tensor:  # (N, S, S, 3)
    """The same with errors."""
    count, size = normals.shape[:2]
    coarse = torch.randn(count, 3, BUMPS, BUMPS, generator=draw)
    smooth = interpolate(coarse, size=(size, size), mode="bicubic").permute(0, 2, 3, 1)
    wrong = normals + SMOOTH * smooth + NOISE * torch.randn(normals.shape, generator=draw)
    axes = normalize(torch.randn(count, 1, 1, 3, generator=draw), dim=-1)
    leaning = (torch.arange(count) % EVERY == 0)[:, None, None, None]
    turned = wrong + math.tan(math.radians(TILT)) * torch.linalg.cross(axes.expand_as(wrong), wrong)
    return normalize(torch.where(leaning, turned, wrong), dim=-1)
