"""The material at any point of the surface, as sharp as the frames are."""

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from ..frames.frames import Frames
from .exposure import exposed
from .gloss import without
from .lit_surface import evened
from .material import DIM, Material
from .observations import Observations, low_quantile, sightings

NEIGHBOURS = 3  # vertices whose shading is interpolated
SHARPENING = 2.0  # power of a view's trust: the one that looks straight on counts most
VIEWS = 6  # the best of a point, which all others hardly change
SURE = 0.5  # evidence from which the frames alone decide a colour


class Painter:
    """Asked for points (P, 3) with unit normals (P, 3), answers (P, 6): linear base colour, roughness, metallic,
    evidence, each in [0, 1].
    """

    def __init__(self, frames: Frames, vertices: Tensor, faces: Tensor, material: Material) -> None:
        self._sightings = sightings(frames, vertices, faces)
        self._exposure = material.exposure
        self._nearest = cKDTree(vertices.numpy())
        columns = torch.stack([material.roughness, material.metallic, material.evidence], 1)
        turning = [] if material.turning is None else [material.turning]
        self._turns = bool(turning)
        self._values = torch.cat([columns, material.shading, material.base_colour, material.highlight, *turning], 1)

    @torch.no_grad()
    def __call__(self, points: Tensor, normals: Tensor) -> Tensor:  # (P, 6)
        """Colours from the frames, less highlight and shading; what they hardly show is as the vertices have it."""
        properties, shading, base, frames = self._interpolated(points).tensor_split([3, 6, 9], 1)
        seen, highlight = self._sightings(points, normals), frames
        if self._exposure is not None:
            seen = exposed(seen, self._exposure)
        if self._turns:
            highlight, shares = frames.chunk(2, 1)
            seen = evened(seen, shares)
        colour = low_quantile(_best(without(seen, highlight)))
        sharp = (colour / shading.clamp_min(DIM)).clamp(0, 1)
        sure = (seen.evidence[:, None] / SURE).clamp(max=1)
        sure = sure * sure * (3 - 2 * sure)
        return torch.cat([base + sure * (sharp - base), properties], 1)

    def _interpolated(self, points: Tensor) -> Tensor:  # (P, 9 + N), or + 2·N
        """The vertices' values, weighted by inverse squared distance."""
        distance, index = self._nearest.query(points.numpy(), k=NEIGHBOURS, workers=-1)
        weight = 1 / (torch.from_numpy(distance).float().square() + 1e-10)
        weight = weight / weight.sum(1, keepdim=True)
        return torch.einsum("pk,pkc->pc", weight, self._values[torch.from_numpy(index)])


def _best(seen: Observations) -> Observations:  # (P, N) -> (P, VIEWS)
    """The views that show each point best, their trust sharpened."""
    weight, best = seen.weight.topk(min(VIEWS, seen.weight.shape[1]), dim=1, sorted=False)
    colour = seen.colour.gather(1, best[..., None].expand(-1, -1, 3))
    return Observations(colour, seen.view.gather(1, best), weight**SHARPENING)
