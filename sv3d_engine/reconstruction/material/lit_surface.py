"""A surface that stands still, what the frames show of it, and the light that explains it."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ...ground.progress import Progress
from ..frames.frames import Frames
from ..light import MEAN_RADIANCE
from ..render.rasterize import gather, vertex_normals
from .observations import Observations, sightings
from .separation import Glints, chromaticity_pairs, fit_light
from .specular import reflection
from .tint import tinted_shading
from .transfer import irradiance, visibility


@dataclass(frozen=True)
class LitSurface:
    """V vertices in N frames, under light from K directions."""

    vertices: Tensor  # (V, 3)
    normals: Tensor  # (V, 3) unit
    towards: Tensor  # (V, N, 3) unit, to the cameras
    unshaded: Tensor  # (V, K) visibility of the light
    transfer: Tensor  # (V, K) irradiance over π by each direction's radiance
    seen: Observations
    weight: Tensor  # (V,) area times trust

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

    def shading(self, colour: Tensor, light: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor]:  # (V, 3), (K,)
        """Irradiance over π by channel, and the light fitted again to it without its tint.  Warm and cool lights, as
        sun and sky, differ from the white one a little; a lamp in a room much, which shows."""
        indirect = self.indirect(colour)
        if not (self.weight > 0).any():
            return (self.transfer @ light)[:, None] + indirect, light
        return tinted_shading(self.vertices, self.normals, self.transfer, indirect, light, colour, self.weight, draw)

    def reflected(self, vertex: Tensor, frame: Tensor, roughness: float) -> tuple[Tensor, Tensor]:
        """What vertices (P,) reflect to the cameras of frames (P,), as ``reflection`` returns it: (P, K) and (P,)."""
        return reflection(self.normals[vertex], self.towards[vertex, frame], self.unshaded[vertex], roughness)


def look_at(frames: Frames, vertices: Tensor, faces: Tensor, progress: Progress) -> LitSurface:
    """Read the frames and cast the shadows of a mesh, vertices (V, 3) and faces (F, 3).  Raises Cancelled."""
    normals = vertex_normals(vertices, faces)
    seen = sightings(frames, vertices, faces, progress.part(0.0, 0.4))(vertices, normals)
    unshaded = visibility(vertices, normals, vertices, faces, progress=progress.part(0.4, 1.0))
    towards = normalize(frames.orbit.positions() - vertices[:, None], dim=-1)
    weight = seen.trust * vertex_areas(vertices, faces)
    return LitSurface(vertices, normals, towards, unshaded, irradiance(normals, unshaded), seen, weight)


def vertex_areas(vertices: Tensor, faces: Tensor) -> Tensor:  # (V,)
    """A third of the area of the faces around."""
    a, b, c = gather(vertices, faces).unbind(1)
    area = torch.linalg.cross(b - a, c - a).norm(dim=-1) / 6
    return torch.zeros(len(vertices)).index_add(0, faces.T.reshape(-1), area.repeat(3))
