"""Colour, gloss and light of a mesh that stands still, fitted to one table of what the frames show of its vertices."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ...ground.files import reading
from ...ground.progress import Progress
from ...ground.tensor_store import load_tensors, save_tensors
from ..frames.frames import Frames
from ..light import Gaussians
from .gaussian_fit import fit_gaussians
from .gloss import find_gloss, no_gloss
from .lit_surface import look_at
from .observations import diffuse_colour
from .unseen import fill_unseen

DIM = 0.02  # shading below which a colour cannot be told


@dataclass(frozen=True)
class Material:
    """Material and lighting of V vertices in N frames, all linear; one white light."""

    base_colour: Tensor  # (V, 3) in [0, 1]
    roughness: Tensor  # (V,) in [0, 1]
    metallic: Tensor  # (V,) in [0, 1]
    evidence: Tensor  # (V,) in [0, 1]: how well the frames show the vertex
    shading: Tensor  # (V, 3) irradiance over π, shadows, the object's own light and the light's tint included
    highlight: Tensor  # (V, N) white radiance that each frame sees beside the diffuse colour
    light: Gaussians


def recover_material(
    frames: Frames, vertices: Tensor, faces: Tensor, glossy: bool, seed: int, progress: Progress
) -> Material:
    """Separate colour, gloss and light.  vertices (V, 3), faces (F, 3), on the CPU, in the units of the frames' orbit.

    ``glossy`` False leaves highlights out: a Lambertian surface, as in SV3D.  Raises Cancelled.
    """
    draw = torch.Generator().manual_seed(seed)
    surface = look_at(frames, vertices, faces, progress.part(0.0, 0.5))
    progress(0.5, "Separating colour and light")
    colour = diffuse_colour(surface.seen)
    light = surface.fit(colour, draw)
    if glossy:
        gloss = find_gloss(surface, colour, light, draw, progress.part(0.6, 0.9))
    else:
        gloss = no_gloss(surface, colour, light)
    progress(0.9, "Filling what is not seen")
    shading, light = surface.shading(gloss.colour, gloss.light, draw)
    evidence = surface.seen.evidence
    base = fill_unseen((gloss.colour / shading.clamp_min(DIM)).clamp(0, 1), evidence, vertices, faces)
    gaussians = fit_gaussians(light)
    progress(1.0)
    return Material(base, gloss.roughness, 0 * gloss.roughness, evidence, shading, gloss.highlight, gaussians)


def save_material(material: Material, path: Path) -> None:
    """Write a material; whole or not at all."""
    tensors = {name: getattr(material, name) for name in _TENSORS}
    tensors |= dict(zip(_LIGHT, material.light, strict=True))
    save_tensors(tensors, {}, path)


def load_material(path: Path) -> Material:
    """What ``save_material`` wrote.  Raises UserError."""
    tensors, _ = load_tensors(path)
    with reading(path):
        axes, sharpness, amplitude = (tensors[name] for name in _LIGHT)
        return Material(**{name: tensors[name] for name in _TENSORS}, light=(axes, sharpness, amplitude))


_TENSORS = ("base_colour", "roughness", "metallic", "evidence", "shading", "highlight")
_LIGHT = ("light.axes", "light.sharpness", "light.amplitude")
