"""Colours that a network imagined, for what the frames do not show."""

from dataclasses import replace

import torch

from ..mesh.refined_surface import Imagined
from .material import Material

DARK = 0.01  # linear: what is darker than this is black in either


def with_imagined(material: Material, imagined: Imagined) -> Material:
    """The material with its colours changed as they were imagined, each vertex's by its share."""
    brighter = (material.base_colour + DARK) * imagined.gain ** imagined.share[:, None] - DARK
    mixed = torch.where(imagined.share[:, None] > 0, brighter.clamp(0, 1), material.base_colour)
    return replace(material, base_colour=mixed)
