"""Colour, gloss and light of a mesh that stands still, fitted to one table of what the frames show of its vertices."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ...ground.files import reading
from ...ground.progress import Progress
from ...ground.tensor_store import load_tensors, save_tensors
from ..frames.frames import Frames
from ..light import LIGHT_COUNT, Gaussians, fibonacci_sphere
from ..mesh.unseen import fill_unseen
from .exposure import exposures
from .gaussian_fit import fit_gaussians
from .gloss import MATT, find_gloss, no_gloss
from .lit_surface import look_at
from .observations import Observations, diffuse_colour
from .turning import LightMode, under_turning_light

_EVEN = 1e-3  # sharpness of a Gaussian that is as bright on all sides
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
    turning: Tensor | None = None  # (V, N) each frame's share of the mean light, where the light turns with the frames
    # How far views of one point differ as they are, and in light that turns, in natural log; None where nobody asked.
    differ: tuple[float, float] | None = None
    exposure: Tensor | None = None  # (N, 3) natural logs of what each frame's colours were multiplied by


def recover_material(
    frames: Frames,
    vertices: Tensor,
    faces: Tensor,
    glossy: bool,
    seed: int,
    progress: Progress,
    light_mode: LightMode = "fixed",
    lit: bool = True,
) -> Material:
    """Separate colour, gloss and light.  vertices (V, 3), faces (F, 3), on the CPU, in the units of the frames' orbit.

    ``glossy`` False leaves highlights out: a Lambertian surface, as in SV3D.  ``light_mode`` is whether the light
    stands still to the object, turns with the frames, or what these tell.  ``lit`` False separates nothing: colours are
    as the frames show them.  Raises Cancelled.
    """
    draw = torch.Generator().manual_seed(seed)
    surface = look_at(frames, vertices, faces, progress.part(0.0, 0.5))
    progress(0.5, "Separating colour and light")
    exposure = exposures(surface.seen, torch.Generator().manual_seed(seed))
    surface = surface.exposed(exposure)
    if not lit:
        progress(1.0)
        return _baked(diffuse_colour(surface.seen), surface.seen, vertices, faces, exposure)
    told = None if light_mode == "fixed" else under_turning_light(surface, frames.orbit, draw)
    if told and (light_mode == "turns" or told.clearly):
        surface, light = told.surface, told.light
        colour = diffuse_colour(surface.seen)
    else:
        draw = torch.Generator().manual_seed(seed)
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
    turning = None if surface.turns is None else surface.turns.shares
    differ = (told.before, told.left) if told else None
    metallic = torch.zeros_like(gloss.roughness)
    return Material(
        base, gloss.roughness, metallic, evidence, shading, gloss.highlight, gaussians, turning, differ, exposure
    )


def _baked(colour: Tensor, seen: Observations, vertices: Tensor, faces: Tensor, exposure: Tensor | None) -> Material:
    """Matt, in even light of radiance 1: base colours are the colours seen (V, 3)."""
    base, none = fill_unseen(colour.clamp(0, 1), seen.evidence, vertices, faces), torch.zeros_like(colour[:, 0])
    even = torch.full((LIGHT_COUNT,), _EVEN)
    light = fibonacci_sphere(LIGHT_COUNT), even, torch.full((LIGHT_COUNT,), 1 / LIGHT_COUNT)
    shading, highlight = torch.ones_like(colour), torch.zeros_like(seen.weight)
    return Material(base, none + MATT, none, seen.evidence, shading, highlight, light, exposure=exposure)


def save_material(material: Material, path: Path) -> None:
    """Write a material; whole or not at all."""
    tensors = {name: getattr(material, name) for name in _TENSORS}
    tensors |= dict(zip(_LIGHT, material.light, strict=True))
    tensors |= {name: value for name in _OPTIONAL if (value := getattr(material, name)) is not None}
    save_tensors(tensors, {}, path)


def load_material(path: Path) -> Material:
    """What ``save_material`` wrote.  Raises UserError."""
    tensors, _ = load_tensors(path)
    with reading(path):
        axes, sharpness, amplitude = (tensors[name] for name in _LIGHT)
        base, roughness, metallic, evidence, shading, highlight = (tensors[name] for name in _TENSORS)
        light = axes, sharpness, amplitude
        turning, exposure = (tensors.get(name) for name in _OPTIONAL)
        return Material(
            base, roughness, metallic, evidence, shading, highlight, light, turning=turning, exposure=exposure
        )


_TENSORS = ("base_colour", "roughness", "metallic", "evidence", "shading", "highlight")
_OPTIONAL = ("turning", "exposure")
_LIGHT = ("light.axes", "light.sharpness", "light.amplitude")
