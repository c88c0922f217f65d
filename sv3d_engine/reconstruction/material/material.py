"""Colour, gloss and light of a mesh that stands still, fitted to one table of what the frames show of its vertices."""

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ...ground.progress import Progress
from ...ground.tensor_store import damaged, load_tensors, save_tensors
from ..frames.frames import Frames
from ..light import MEAN_RADIANCE, Gaussians
from ..render.rasterize import gather, vertex_normals
from .gaussian_fit import fit_gaussians
from .observations import Observations, diffuse_colour, sightings
from .separation import Glints, chromaticity_pairs, fit_light
from .specular import reflection
from .tint import tinted_shading
from .transfer import irradiance, visibility
from .unseen import fill_unseen

MATT = 0.8  # roughness where nothing tells another
ROUGHNESSES = (0.3, 0.45, 0.6, MATT)
GLINTS = 6000  # pairs of views that the roughness is chosen by
LEAST_GLINTS = 300  # of them that must be seen
# What differs between views is gloss if it leaves no more than this share of it unexplained.  Else it is the frames'
# own disagreement, at outlines and in fine texture, and highlights made of that would be taken from the colours.
CLEARLY_GLOSSY = 0.65
TRUSTED = 0.02  # weight from which a view counts
_BATCH = 1 << 16
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
    normals = vertex_normals(vertices, faces)
    seen = sightings(frames, vertices, faces, progress.part(0.0, 0.2))(vertices, normals)
    unshaded = visibility(vertices, normals, vertices, faces, progress=progress.part(0.2, 0.5))
    transfer = irradiance(normals, unshaded)
    weight = seen.trust * vertex_areas(vertices, faces)
    progress(0.5, "Separating colour and light")
    scene = _Scene(normals, _towards(vertices, frames), unshaded, transfer, seen, weight)
    colour = diffuse_colour(seen)
    light = scene.fit(colour, draw)
    roughness, highlight = MATT, torch.zeros_like(seen.weight)
    candidates = scene.candidates(colour, draw, progress.part(0.6, 0.7)) if glossy and (weight > 0).any() else []
    if candidates and len(candidates[0].difference) >= LEAST_GLINTS:
        fits = []
        for index, glints in enumerate(candidates):
            progress(0.7 + 0.05 * index, "Separating highlights")
            fits.append(scene.fit(colour, draw, light, glints))
        shares = [glints.unexplained(fit) for glints, fit in zip(candidates, fits, strict=True)]
        best = min(range(len(shares)), key=shares.__getitem__)
        if shares[best] < CLEARLY_GLOSSY * candidates[best].unexplained(0 * light):
            roughness = ROUGHNESSES[best]
            highlight = scene.highlights(fits[best], scene.radiance(colour), roughness)
            colour = diffuse_colour(without(seen, highlight))
            light = scene.fit(colour, draw, fits[best], candidates[best])
    progress(0.9, "Filling what is not seen")
    shading, light = scene.shading(vertices, colour, light, draw)
    base = (colour / shading.clamp_min(DIM)).clamp(0, 1)
    base = fill_unseen(base, seen.evidence, vertices, faces)
    same = torch.ones(len(vertices))
    gaussians = fit_gaussians(light)
    progress(1.0)
    return Material(base, roughness * same, 0 * same, seen.evidence, shading, highlight, gaussians)


@dataclass(frozen=True)
class _Scene:
    normals: Tensor  # (V, 3)
    towards: Tensor  # (V, N, 3) unit, to the cameras
    unshaded: Tensor  # (V, K)
    transfer: Tensor  # (V, K)
    seen: Observations
    weight: Tensor  # (V,)

    def radiance(self, colour: Tensor) -> Tensor:  # (V, 3) -> ()
        """Mean over the surface: what the object lights itself with where it hides the light."""
        return (colour.mean(-1) * self.weight).sum() / self.weight.sum().clamp_min(1e-12)

    def indirect(self, colour: Tensor) -> Tensor:  # (V, C) -> (V, C)
        """Irradiance over π from the object itself: its mean radiance, from where it hides the light."""
        mean = (colour * self.weight[:, None]).sum(0) / self.weight.sum().clamp_min(1e-12)
        return (1 - self.transfer.sum(1)).clamp(0, 1)[:, None] * mean

    def fit(
        self, colour: Tensor, draw: torch.Generator, start: Tensor | None = None, glints: Glints | None = None
    ) -> Tensor:  # (K,)
        """The white light."""
        if not (self.weight > 0).any():
            return torch.full_like(self.transfer[0], MEAN_RADIANCE)
        grey = colour.mean(-1)
        pairs = chromaticity_pairs(colour, self.weight, draw)
        return fit_light(self.transfer, self.indirect(grey[:, None])[:, 0], grey, pairs, start, glints)

    def shading(
        self, vertices: Tensor, colour: Tensor, light: Tensor, draw: torch.Generator
    ) -> tuple[Tensor, Tensor]:  # (V, 3), (K,)
        """Irradiance over π by channel, and the light fitted again to it without its tint.  Warm and cool lights, as
        sun and sky, differ from the white one a little; a lamp in a room much, which shows."""
        indirect = self.indirect(colour)
        if not (self.weight > 0).any():
            return (self.transfer @ light)[:, None] + indirect, light
        return tinted_shading(vertices, self.normals, self.transfer, indirect, light, colour, self.weight, draw)

    def candidates(self, colour: Tensor, draw: torch.Generator, progress: Progress) -> list[Glints]:
        """One for each of ROUGHNESSES."""
        beyond, drawn = self.radiance(colour), []
        for index, roughness in enumerate(ROUGHNESSES):
            progress(index / len(ROUGHNESSES), "Looking for highlights")
            drawn.append(self.glints(beyond, roughness, draw))
        return drawn

    def glints(self, beyond: Tensor, roughness: float, draw: torch.Generator) -> Glints:
        """Pairs of views of one vertex, ``beyond`` () being the radiance of what hides the light."""
        point = torch.multinomial(self.weight, GLINTS, replacement=True, generator=draw)
        views = torch.multinomial(self.seen.weight[point] + 1e-9, 2, generator=draw)
        both = (self.seen.weight[point[:, None], views] > TRUSTED).all(1)
        point, views = point[both], views[both]
        shares, rests = zip(*(self._reflection(point, view, roughness) for view in views.T), strict=True)
        seen = self.seen.colour[point[:, None], views].mean(-1)
        return Glints(shares[0] - shares[1], seen[:, 0] - seen[:, 1] - beyond * (rests[0] - rests[1]))

    def highlights(self, light: Tensor, beyond: Tensor, roughness: float) -> Tensor:  # (V, N)
        """What each frame sees beside the diffuse colour."""
        row, frame = (self.seen.weight > TRUSTED).nonzero(as_tuple=True)
        found = torch.zeros_like(self.seen.weight)
        for part in torch.arange(len(row)).split(_BATCH):
            share, rest = self._reflection(row[part], frame[part], roughness)
            found[row[part], frame[part]] = share @ light + beyond * rest
        return found

    def _reflection(self, vertex: Tensor, frame: Tensor, roughness: float) -> tuple[Tensor, Tensor]:
        return reflection(self.normals[vertex], self.towards[vertex, frame], self.unshaded[vertex], roughness)


def without(seen: Observations, highlight: Tensor) -> Observations:
    """The diffuse part of what is seen; highlight (V, N) white."""
    return replace(seen, colour=(seen.colour - highlight[..., None]).clamp_min(0))


def vertex_areas(vertices: Tensor, faces: Tensor) -> Tensor:  # (V,)
    """A third of the area of the faces around."""
    a, b, c = gather(vertices, faces).unbind(1)
    area = torch.linalg.cross(b - a, c - a).norm(dim=-1) / 6
    return torch.zeros(len(vertices)).index_add(0, faces.T.reshape(-1), area.repeat(3))


def _towards(vertices: Tensor, frames: Frames) -> Tensor:  # (V, N, 3)
    return normalize(frames.orbit.positions() - vertices[:, None], dim=-1)


def save_material(material: Material, path: Path) -> None:
    """Write a material; whole or not at all."""
    tensors = {name: getattr(material, name) for name in _TENSORS}
    tensors |= dict(zip(_LIGHT, material.light, strict=True))
    save_tensors(tensors, {}, path)


def load_material(path: Path) -> Material:
    """What ``save_material`` wrote.  Raises UserError."""
    tensors, _ = load_tensors(path)
    try:
        axes, sharpness, amplitude = (tensors[name] for name in _LIGHT)
        return Material(**{name: tensors[name] for name in _TENSORS}, light=(axes, sharpness, amplitude))
    except KeyError as error:
        raise damaged(path, error) from error


_TENSORS = ("base_colour", "roughness", "metallic", "evidence", "shading", "highlight")
_LIGHT = ("light.axes", "light.sharpness", "light.amplitude")
