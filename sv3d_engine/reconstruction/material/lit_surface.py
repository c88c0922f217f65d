"""A surface that stands still, what the frames show of it, and the light that explains it."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ...ground.progress import Progress
from ..frames.frames import Frames
from ..light import MEAN_RADIANCE
from ..render.rasterize import gather, vertex_normals
from .exposure import exposed
from .observations import Observations, sightings
from .separation import Glints, Pairs, chromaticity_pairs, fit_light
from .specular import reflection
from .tint import tinted_shading
from .transfer import irradiance, visibility

OWN_PAIRS = 8000  # pairs of views of one point, which tell light that turns …
OWN_WEIGHT = 2.0  # … and their weight beside pairs of points
SEEN = 0.02  # weight from which a view counts
LEAST, MOST = 0.2, 4.0  # of the mean light: a frame's is trusted to be no weaker and no stronger


@dataclass(frozen=True)
class Turns:
    """Light that turns with the frames: (N, K, K) matrices from the front view's light to each frame's own."""

    matrices: Tensor  # (N, K, K)
    transfer: Tensor  # (V, K) irradiance over π by each direction's radiance, as the object has it
    shares: Tensor  # (V, N) each frame's irradiance, of the mean over all frames

    def evened(self, seen: Observations) -> Observations:
        """What the frames would show in their mean light."""
        return evened(seen, self.shares)


def evened(seen: Observations, shares: Tensor) -> Observations:  # shares (V, N)
    """Observations in light that is ``shares`` of the mean, as if in the mean; dim ones count less."""
    return replace(seen, colour=seen.colour / shares[..., None], weight=seen.weight * shares.clamp(max=1))


@dataclass(frozen=True)
class LitSurface:
    """V vertices in N frames, under light from K directions; with ``turns``, in the mean of all frames' light."""

    vertices: Tensor  # (V, 3)
    normals: Tensor  # (V, 3) unit
    towards: Tensor  # (V, N, 3) unit, to the cameras
    unshaded: Tensor  # (V, K) visibility of the light
    transfer: Tensor  # (V, K) irradiance over π by each direction's radiance
    seen: Observations
    weight: Tensor  # (V,) area times trust
    turns: Turns | None = None  # None: the light stands still to the object

    def exposed(self, gains: Tensor | None) -> "LitSurface":  # (N, 3)
        """The same with all frames exposed alike."""
        return self if gains is None else replace(self, seen=exposed(self.seen, gains))

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
        indirect = self.indirect(grey[:, None])[:, 0]
        pairs = chromaticity_pairs(colour, self.weight, draw)
        if self.turns is None:
            return fit_light(self.transfer, indirect, grey, pairs, start, glints)
        point, views = self.two_views(OWN_PAIRS, draw)
        shares = self.turns.shares[point[:, None], views]
        seen = self.seen.colour[point[:, None], views].mean(-1) * shares
        own = torch.arange(len(point)) + len(grey)
        both = torch.cat([torch.full((len(point),), OWN_WEIGHT / max(len(point), 1)), pairs.weight])
        return fit_light(
            torch.cat([self.transfer, *(self._turned(self.turns.transfer[point], view) for view in views.T)]),
            torch.cat([indirect, indirect[point], indirect[point]]),
            torch.cat([grey, seen[:, 0], seen[:, 1]]),
            Pairs(torch.cat([own, pairs.first]), torch.cat([own + len(point), pairs.second]), both / both.sum()),
            start,
            glints,
        )

    def two_views(self, count: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:  # (Q,), (Q, 2)
        """At most ``count`` points by weight, and two frames that show each well."""
        point = torch.multinomial(self.weight, count, replacement=True, generator=draw)
        views = torch.multinomial(self.seen.weight[point] + 1e-9, 2, generator=draw)
        both = (self.seen.weight[point[:, None], views] > SEEN).all(1)
        return point[both], views[both]

    def frame_shares(self, light: Tensor, colour: Tensor) -> Tensor:  # (K,), (V, 3) -> (V, N)
        """Each frame's irradiance of their mean, in ``light`` that turns."""
        assert self.turns is not None
        each = self.turns.transfer @ (self.turns.matrices @ light).T + self.indirect(colour.mean(-1, keepdim=True))
        return (each / each.mean(1, keepdim=True).clamp_min(1e-6)).clamp(LEAST, MOST)

    def _turned(self, shares: Tensor, frame: Tensor) -> Tensor:  # (P, K), (P,) -> (P, K)
        """Shares of the light in each one's frame as shares of the front view's light."""
        assert self.turns is not None
        turned = torch.empty_like(shares)
        for index, matrix in enumerate(self.turns.matrices):
            rows = (frame == index).nonzero()[:, 0]
            turned[rows] = shares[rows] @ matrix
        return turned

    def shading(self, colour: Tensor, light: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor]:  # (V, 3), (K,)
        """Irradiance over π by channel, and the light fitted again to it without its tint.  Warm and cool lights, as
        sun and sky, differ from the white one a little; a lamp in a room much, which shows."""
        indirect = self.indirect(colour)
        if not (self.weight > 0).any():
            return (self.transfer @ light)[:, None] + indirect, light
        lit = self.vertices, self.normals, self.transfer, indirect, light, colour, self.weight
        found, white = tinted_shading(*lit, draw)
        return found, white if self.turns is None else light  # the mean light does not tell the lamps' sides

    def reflected(self, vertex: Tensor, frame: Tensor, roughness: float) -> tuple[Tensor, Tensor]:
        """What vertices (P,) reflect to the cameras of frames (P,), as ``reflection`` returns it: (P, K) and (P,)."""
        share, rest = reflection(self.normals[vertex], self.towards[vertex, frame], self.unshaded[vertex], roughness)
        if self.turns is None:
            return share, rest
        own = self.turns.shares[vertex, frame]  # what is seen is as if in the mean light
        return self._turned(share, frame) / own[:, None], rest / own


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
