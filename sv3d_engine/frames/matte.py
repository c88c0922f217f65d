"""Mattes for frames that stand on a plain background: who is object, who is paper.

Flood from the border over paper-coloured pixels, keep see-through holes, drop specks, then a fractional alpha along
the outline from the colours on its two sides, with the paper's share taken out of the colour.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..errors import UserError
from ..orbit.cameras import CameraOrbit
from ..progress import Progress

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

_PLAIN_SHARE = 0.6  # of the frame's border must be paper; the rest may be an object that is cut off
_PLAIN_DISTANCE = 24 / 255
_PAPER_DISTANCE = (7 / 255, 14 / 255)  # least and most tolerance for noise, dither and compression
_HOLE_AREA = 2e-4  # of the frame: smaller paper-coloured patches inside the object are highlights
_SPECK_AREA = 5e-4  # of the frame: smaller islands are dirt …
_SPECK_CONTRAST = 0.25  # … unless they stand out clearly
_BAND = 2.5  # pixels either side of the outline where alpha is fractional, at 576²


@dataclass(frozen=True)
class Cut:
    """A frame's first, hard separation."""

    paper: Image  # (3,) background colour
    distance: Image  # (S, S) largest channel difference from it, despeckled
    solid: Mask  # (S, S)


def matte_orbit(
    rgb: list[Image], alpha: list[Image | None], names: list[str], orbit: CameraOrbit, progress: Progress
) -> NDArray[np.uint8]:  # (N, S, S, 4) straight alpha, white where it is 0
    """Give every frame an alpha: its own, or a matte from its plain background.  Raises UserError."""
    frames = []
    for i, (colours, coverage, name) in enumerate(zip(rgb, alpha, names, strict=True)):
        progress(i / len(rgb), f"Matting {name}")
        if coverage is None:
            colours, coverage = soften(colours, cut_out(colours, name))
        if not (coverage > 0.5).any():
            raise UserError(f"The frame {name} is empty.", "Render it again, with the object in the middle.")
        frames.append(_to_bytes(colours, coverage))
    return np.stack(frames)


def cut_out(rgb: Image, name: str) -> Cut:
    """Separate the object from the paper.  Raises UserError if the background is not plain."""
    size = len(rgb)
    ring = np.ones((size, size), bool)
    margin = max(2, size // 100)
    ring[margin:-margin, margin:-margin] = False
    paper = np.median(rgb[ring], 0).astype(np.float32)
    raw = np.abs(rgb - paper).max(-1)
    plain = ring & (raw < _PLAIN_DISTANCE)
    if plain.sum() < _PLAIN_SHARE * ring.sum():
        raise UserError(
            f"The background of {name} is not plain, so the object cannot be told from it.",
            "Use frames with a transparent or a plain white background.",
        )
    distance = ndimage.median_filter(raw, 3)
    tolerance = np.clip(1.5 * np.quantile(distance[plain], 0.99), *_PAPER_DISTANCE)
    solid = ~_paper(distance < tolerance, ring)
    return Cut(paper, distance, _without_specks(solid, distance))


def _paper(candidates: Mask, ring: Mask) -> Mask:
    """Paper-coloured areas that reach the frame's border, or are holes big enough to look through."""
    labels, count = ndimage.label(candidates)
    keep = np.bincount(labels.ravel(), minlength=count + 1) >= _HOLE_AREA * candidates.size
    keep[np.unique(labels[ring])] = True
    keep[0] = False
    return np.asarray(keep[labels])


def _without_specks(solid: Mask, distance: Image) -> Mask:
    labels, count = ndimage.label(solid, np.ones((3, 3)))
    index = np.arange(count + 1)
    area = ndimage.sum_labels(np.ones_like(distance), labels, index)
    contrast = ndimage.maximum(distance, labels, index)
    keep = (area >= _SPECK_AREA * solid.size) | ((contrast >= _SPECK_CONTRAST) & (area >= _SPECK_AREA * solid.size / 10))
    keep[0] = False
    return np.asarray(keep[labels])


def soften(rgb: Image, cut: Cut) -> tuple[Image, Image]:
    """Straight colour (S, S, 3) and alpha (S, S) with fractional edges.

    Near the outline a pixel is a mix of paper and of the nearest colour well inside: alpha is its place on the line
    between the two.  Where both are alike (white on white) the outline itself, slightly blurred, decides.
    """
    band = max(1.0, _BAND * len(rgb) / 576)
    inside = ndimage.distance_transform_edt(cut.solid)
    outside = ndimage.distance_transform_edt(~cut.solid)
    core = inside > band
    if not core.any():
        core = cut.solid
    nearest = ndimage.distance_transform_edt(~core, return_distances=False, return_indices=True)
    inner = ndimage.uniform_filter(rgb, (3, 3, 1))[tuple(nearest)]
    span = inner - cut.paper
    contrast = (span**2).sum(-1)
    mixed = ((rgb - cut.paper) * span).sum(-1) / np.maximum(contrast, 1e-6)
    blurred = ndimage.gaussian_filter(cut.solid.astype(np.float32), 0.6)
    trust = np.clip((np.sqrt(contrast) - 0.1) / 0.2, 0, 1)
    edge = np.clip(trust * mixed + (1 - trust) * blurred, 0, 1)
    alpha = np.where(core, 1, np.where(outside > band, 0, edge)).astype(np.float32)
    alpha[alpha < 4 / 255] = 0
    alpha[alpha > 251 / 255] = 1
    clean = (rgb - (1 - alpha[..., None]) * cut.paper) / np.maximum(alpha[..., None], 0.05)
    weight = np.clip(alpha[..., None] / 0.5, 0, 1)  # too little of the object left to see: use the colour inside
    return np.clip(weight * clean + (1 - weight) * inner, 0, 1).astype(np.float32), alpha


def _to_bytes(rgb: Image, alpha: Image) -> NDArray[np.uint8]:
    rgba = np.concatenate([rgb, alpha[..., None]], -1)
    data = (rgba * 255 + 0.5).astype(np.uint8)
    data[data[..., 3] == 0, :3] = 255
    return data
