"""Which of a surface's paints are glossy, and how rough each is: told by how frames differ in what they see of it.

A paint has one roughness.  With few values, and none that is not clearly told, noise in the frames stays out of them.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.cluster.vq import kmeans2
from scipy.spatial import cKDTree
from torch import Tensor

from ...ground.colour import to_srgb
from ...ground.progress import Progress
from .lit_surface import LitSurface
from .observations import Observations, diffuse_colour
from .separation import Glints

MATT = 0.8  # roughness where nothing tells another
ROUGHNESSES = (0.3, 0.45, 0.6, MATT)
PAINTS = 6  # at most
LEAST_SHARE = 0.04  # of the surface, for a paint of its own
DISTINCT = 0.15  # sRGB distance of two paints: what is closer is one, in more light and less
GLINTS = 8000  # pairs of views that the roughness is chosen by
LEAST_GLINTS = 300  # of them that must be seen, of a paint
# What differs between views is gloss if it leaves no more than this share of it unexplained.  Else it is the frames'
# own disagreement, at outlines and in fine texture, and highlights made of that would be taken from the colours.
CLEARLY_GLOSSY = 0.5
CLEARLY_OTHER = 0.9  # of what the object's roughness leaves unexplained: a paint that leaves less has one of its own
TRUSTED = 0.02  # weight from which a view counts
_BATCH = 1 << 16
_NONE = -1  # in place of an index to ROUGHNESSES


@dataclass(frozen=True)
class Gloss:
    """The gloss of V vertices in N frames, and the light that explains it."""

    roughness: Tensor  # (V,) in [0, 1]
    highlight: Tensor  # (V, N) white radiance that each frame sees beside the diffuse colour
    colour: Tensor  # (V, 3) diffuse radiance, without the highlights
    light: Tensor  # (K,) white


def no_gloss(surface: LitSurface, colour: Tensor, light: Tensor) -> Gloss:
    """A matt surface."""
    return Gloss(torch.full_like(surface.weight, MATT), torch.zeros_like(surface.seen.weight), colour, light)


def find_gloss(surface: LitSurface, colour: Tensor, light: Tensor, draw: torch.Generator, progress: Progress) -> Gloss:
    """Separate highlights from diffuse colours (V, 3) under a light (K,) that is nearly right.  Raises Cancelled."""
    matt = no_gloss(surface, colour, light)
    if not (surface.weight > 0).any():
        return matt
    beyond = surface.radiance(colour)
    point, candidates = _glints(surface, beyond, draw, progress.part(0.0, 0.5))
    if len(point) < LEAST_GLINTS:
        return matt
    fits = []
    for index, glints in enumerate(candidates):
        progress(0.5 + 0.1 * index, "Separating highlights")
        fits.append(surface.fit(colour, draw, light, glints))
    whole = [float(glints.unexplained(fit).mean()) for glints, fit in zip(candidates, fits, strict=True)]
    best = min(range(len(whole)), key=whole.__getitem__)
    paint = paints(surface, colour, fits[best], draw)
    chosen = _by_paint(candidates, fits[best], paint[point], int(paint.max()) + 1, best)
    if (chosen == _NONE).all():
        return matt
    told = _of_paints(candidates, chosen[paint[point]])
    light = surface.fit(colour, draw, fits[best], told)
    progress(0.95, "Separating highlights")
    highlight = _highlights(surface, light, beyond, chosen[paint])
    colour = diffuse_colour(without(surface.seen, highlight))
    roughness = torch.tensor([*ROUGHNESSES, MATT])[chosen[paint]]  # the last is _NONE's
    return Gloss(roughness, highlight, colour, surface.fit(colour, draw, light, told))


def without(seen: Observations, highlight: Tensor) -> Observations:
    """The diffuse part of what is seen; highlight (V, N) white."""
    return replace(seen, colour=(seen.colour - highlight[..., None]).clamp_min(0))


def paints(surface: LitSurface, colour: Tensor, light: Tensor, draw: torch.Generator) -> Tensor:  # (V,)
    """The paint of each vertex, a number from 0 on: clusters of its sRGB base colour."""
    shading = (surface.transfer @ light)[:, None] + surface.indirect(colour)
    base = to_srgb((colour / shading.clamp_min(0.02)).clamp(0, 1)).numpy()
    among = base[torch.multinomial(surface.weight, 4000, replacement=True, generator=draw).numpy()]
    seed = int(torch.randint(1 << 30, (), generator=draw))
    middles, label = kmeans2(among.astype(np.float64), PAINTS, minit="++", seed=seed, missing="warn")
    count = np.bincount(label, minlength=PAINTS)
    kept: list[int] = []
    for index in count.argsort()[::-1]:
        far = all(np.linalg.norm(middles[index] - middles[other]) > DISTINCT for other in kept)
        if not kept or (far and count[index] >= LEAST_SHARE * len(among)):
            kept.append(int(index))
    return torch.from_numpy(cKDTree(middles[kept]).query(base)[1])


def _glints(
    surface: LitSurface, beyond: Tensor, draw: torch.Generator, progress: Progress
) -> tuple[Tensor, list[Glints]]:
    """Pairs of views of one vertex, (Q,) its index, and what they tell for each of ROUGHNESSES.

    ``beyond`` () is the radiance of what hides the light.
    """
    seen = surface.seen
    point = torch.multinomial(surface.weight, GLINTS, replacement=True, generator=draw)
    views = torch.multinomial(seen.weight[point] + 1e-9, 2, generator=draw)
    both = (seen.weight[point[:, None], views] > TRUSTED).all(1)
    point, views = point[both], views[both]
    brightness = seen.colour[point[:, None], views].mean(-1)
    difference = brightness[:, 0] - brightness[:, 1]
    candidates = []
    for index, roughness in enumerate(ROUGHNESSES):
        progress(index / len(ROUGHNESSES), "Looking for highlights")
        shares, rests = zip(*(surface.reflected(point, view, roughness) for view in views.T), strict=True)
        candidates.append(Glints(shares[0] - shares[1], difference - beyond * (rests[0] - rests[1])))
    return point, candidates


def _by_paint(
    candidates: list[Glints],
    light: Tensor,
    paint: Tensor,  # (Q,) each glint's
    count: int,  # of paints: some may have no glint
    best: int,
) -> Tensor:  # (P,)
    """For each paint an index to ROUGHNESSES, or _NONE for a matt one; ``best`` is the whole surface's."""
    errors = torch.stack([glints.unexplained(light) for glints in candidates])  # (R, Q)
    unlit = candidates[best].unexplained(0 * light)
    chosen = torch.full((count,), _NONE)
    for index in range(count):
        own = paint == index
        if own.sum() < LEAST_GLINTS:
            own = torch.ones_like(own)  # too few to differ from the others
        error = errors[:, own].mean(1)
        own_best = int(error.argmin())
        pick = own_best if error[own_best] < CLEARLY_OTHER * error[best] else best
        if error[pick] < CLEARLY_GLOSSY * unlit[own].mean():
            chosen[index] = pick
    return chosen


def _of_paints(candidates: list[Glints], chosen: Tensor) -> Glints:  # (Q,)
    """The glints of glossy paints, each with its paint's roughness."""
    rows = [(chosen == index).nonzero()[:, 0] for index in range(len(candidates))]
    shares = [glints.share[own] for glints, own in zip(candidates, rows, strict=True)]
    differences = [glints.difference[own] for glints, own in zip(candidates, rows, strict=True)]
    return Glints(torch.cat(shares), torch.cat(differences))


def _highlights(surface: LitSurface, light: Tensor, beyond: Tensor, chosen: Tensor) -> Tensor:  # (V,) -> (V, N)
    """What each frame sees beside the diffuse colour."""
    found = torch.zeros_like(surface.seen.weight)
    for index, roughness in enumerate(ROUGHNESSES):
        row, frame = ((surface.seen.weight > TRUSTED) & (chosen == index)[:, None]).nonzero(as_tuple=True)
        for part in torch.arange(len(row)).split(_BATCH):
            share, rest = surface.reflected(row[part], frame[part], roughness)
            found[row[part], frame[part]] = share @ light + beyond * rest
    return found
