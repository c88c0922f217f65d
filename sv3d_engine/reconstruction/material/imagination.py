"""Colours that a network imagined, for what the frames do not show."""

from dataclasses import replace

import torch

from ..mesh.refined_surface import Imagined
from .material import Material

KNOWN = 0.5  # evidence from which a colour of the frames is one to compare with …
SHOWN = 0.1  # … where so little at most is left to the imagination
FEWEST = 50  # vertices that tell how the two kinds of albedo compare
FURTHEST = 4.0  # times brighter or darker that one kind may be
DARK = 0.01  # added to both, linear


def with_imagined(material: Material, imagined: Imagined) -> Material:
    """The material with the colours that were imagined, each vertex's by its share.

    Albedo times light has one scale a channel that no frame tells, and the fine stage fixes its own: the ratio of the
    two where frames show the surface well brings them together.  Where nothing is shown as well, all stays as it is.
    """
    colour = material.base_colour
    both = (material.evidence > KNOWN) & (imagined.share < SHOWN)
    if int(both.sum()) < FEWEST:
        return material
    ratios = (colour[both] + DARK) / (imagined.albedo[both] + DARK)
    gain = ratios.log().median(0).values.exp().clamp(1 / FURTHEST, FURTHEST)
    mixed = torch.lerp(colour, (imagined.albedo * gain).clamp(0, 1), imagined.share[:, None])
    return replace(material, base_colour=mixed)
