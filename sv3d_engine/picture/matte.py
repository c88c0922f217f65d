"""Mattes for pictures on a plain background: what is object, what is paper.

Paper is what has the border's colour and hangs together with it.  Paper-coloured patches inside the outline are holes
to look through if their edge is sharp; highlights fade in gently.
"""

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .edges import SMALL_FRAME, Image, Mask, soften, without_blur, without_crust

_PLAIN_SHARE = 0.6  # of the picture's border must be paper; the rest may be an object that is cut off
_PLAIN_DISTANCE = 24 / 255
_PLAIN_CORNER = 4 / 255  # standard deviation
_FEW_CROSSINGS = 3  # of the border by one object
_PAPER_DISTANCE = (7 / 255, 14 / 255)  # least and most tolerance for noise, dither and compression
_OBJECT_DISTANCE = 40 / 255  # what differs less is neither paper nor clearly an object: so much of a border may be it
_BETWEEN = 0.08
_CROSSINGS = 8  # of the border by things that differ
_EVEN_DISTANCE = 3 / 255  # from one colour: a border nearer than that needs no surface
_FITS = 5
_HOLE_AREA = 3e-4  # of the picture: smaller paper-coloured patches inside the object are highlights
# Share of a hole's edge that may fade in gently: less than a tenth below the handles of a real orbit's bag, an eighth
# of a highlight that a strap cuts off.
_SMOOTH_SHARE = 0.1
# By how much the rest of it must differ from paper, within so many pixels (at 576²).
_HOLE_STEPS = ((2, 0.08), (8, 0.3))
_SPECK_AREA = 5e-4  # of the picture: smaller islands are dirt …
_SPECK_CONTRAST = 0.25  # … unless they stand out clearly
# In a small model's frames, islands fainter than this and smaller beside the object are stains on the paper.
_STAIN_CONTRAST, _STAIN_AREA = 0.1, 0.02


class NotPlain(Exception):
    """The background is not one colour, so the object cannot be told from it this way."""


@dataclass(frozen=True)
class Cut:
    """A picture's first separation: paper for sure, and patches that may be holes."""

    paper: Image  # (H, W, 3) background colour
    distance: Image  # (H, W) largest channel difference from it, despeckled
    outside: Mask  # (H, W) paper that reaches the border
    patches: NDArray[np.int32]  # (H, W) 0, or the number of a possible hole
    holes: NDArray[np.bool_]  # by number: whether it is one, by its edge; that of 0 is False


def matte(rgb: Image, paper: Image | None = None) -> tuple[Image, Image]:
    """Straight colour (H, W, 3) and alpha (H, W) of an object on a plain background.  Raises NotPlain.

    ``paper`` (H, W, 3) is the background where it is not one colour; see backdrop().
    """
    return matted(rgb, cut_out(rgb, plain_paper(rgb) if paper is None else paper))


def matted(rgb: Image, cut: Cut) -> tuple[Image, Image]:
    """Straight colour (H, W, 3) and alpha (H, W) of a picture and its first separation."""
    size = _scale(rgb)
    solid = _without_specks(~(cut.outside | cut.holes[cut.patches]), cut.distance, size)
    colours, alpha = np.ones_like(rgb), np.zeros_like(cut.distance)
    if solid.any():
        box = _box(solid, margin=size // 36 + 2)
        distance = cut.distance[box]
        trimmed = without_blur(without_crust(solid[box], distance, size), distance, size)
        trimmed = _without_specks(trimmed, distance, size)
        colours[box], alpha[box] = soften(rgb[box], cut.paper[box], trimmed, size)
    return colours, alpha


def plain_paper(rgb: Image) -> Image:  # (H, W, 3)
    """A background of one colour: the border's most usual."""
    return np.broadcast_to(np.median(rgb[border(rgb)], 0).astype(np.float32), rgb.shape)


def backdrop(rgb: Image) -> Image:  # (H, W, 3)
    """A background that may grow lighter or darker across the picture, as in a studio: the border's, continued.

    A quadratic surface is fitted to the border, and fitted again without what lies far off it: an object cut off.
    """
    paper = plain_paper(rgb)
    ring = border(rgb)
    if np.quantile(np.abs(rgb - paper).max(-1)[ring], _PLAIN_SHARE) < _EVEN_DISTANCE:
        return paper
    y, x = np.meshgrid(*(np.linspace(-1, 1, side) for side in rgb.shape[:2]), indexing="ij")
    basis = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], -1)
    known, colours = basis[ring], rgb[ring]
    near = np.ones(len(known), bool)
    for _ in range(_FITS):
        surface = np.linalg.lstsq(known[near], colours[near])[0]
        distance = np.abs(known @ surface - colours).max(-1)
        near = distance <= max(_PAPER_DISTANCE[1], 2 * float(np.median(distance)))
    return np.clip(basis @ surface, 0, 1).astype(np.float32)


def cut_out(rgb: Image, paper: Image) -> Cut:
    """Separate the object from the paper (H, W, 3).  Raises NotPlain."""
    ring = border(rgb)
    raw = np.abs(rgb - paper).max(-1)
    plain = ring & (raw < _PLAIN_DISTANCE)
    if plain.sum() < _PLAIN_SHARE * ring.sum():
        raise NotPlain
    distance = ndimage.median_filter(raw, 3)
    tolerance = np.clip(1.5 * np.quantile(distance[plain], 0.99), *_PAPER_DISTANCE)
    if _is_busy(distance, ring, float(tolerance)):
        raise NotPlain
    outside, patches = _split_paper(distance < tolerance, ring)
    return Cut(paper, distance, outside, patches, _holes(distance, patches))


def _is_busy(distance: Image, ring: Mask, tolerance: float) -> bool:
    """Whether the border is crossed by more than an object that is cut off, or much of it is neither one nor the other.

    A dark wood or a cloudy sky is of one colour but for what shows up in it all over.
    """
    crossings = _crossings(distance, tolerance)
    between = ring & (distance >= _PAPER_DISTANCE[1]) & (distance < _OBJECT_DISTANCE)
    return bool(crossings >= _CROSSINGS or between.sum() > _BETWEEN * ring.sum())


def is_cut_off(rgb: Image) -> bool:
    """Whether a picture (H, W, 3) is plain, but for an object that covers much of its border: two corners are alike."""
    side = max(4, min(rgb.shape[:2]) // 20)
    patches = [rgb[:side, :side], rgb[:side, -side:], rgb[-side:, :side], rgb[-side:, -side:]]
    plain = [np.median(patch, (0, 1)) for patch in patches if patch.std((0, 1)).max() < _PLAIN_CORNER]
    for one, other in combinations(plain, 2):
        distance = ndimage.median_filter(np.abs(rgb - one).max(-1), 3)
        if np.abs(one - other).max() < _PAPER_DISTANCE[1] and _crossings(distance, _PLAIN_DISTANCE) <= _FEW_CROSSINGS:
            return True
    return False


def has_horizon(rgb: Image) -> bool:
    """Whether a picture (H, W, 3) has one colour in its upper corners and another in its lower ones, as wall and floor.

    An object that covers its lower part looks alike.
    """
    side = max(4, min(rgb.shape[:2]) // 20)
    left, right, below_left, below_right = (
        np.median(patch, (0, 1))
        for patch in (rgb[:side, :side], rgb[:side, -side:], rgb[-side:, :side], rgb[-side:, -side:])
    )
    apart = np.abs(left - below_left).max()
    return bool(max(np.abs(left - right).max(), np.abs(below_left - below_right).max()) < _PLAIN_DISTANCE < apart)


def _crossings(distance: Image, tolerance: float) -> int:
    """How many things cross a picture's border, by their ``distance`` (H, W) from its paper."""
    around = np.concatenate([distance[0], distance[1:, -1], distance[-1, -2::-1], distance[-2:0:-1, 0]]) >= tolerance
    return int(np.count_nonzero(around & ~np.roll(around, 1)))


def border(image: NDArray[Any]) -> Mask:  # (H, W)
    """The outermost pixels of a picture (H, W, …): a hundredth of its side wide, two at least."""
    height, width = image.shape[:2]
    margin = max(2, min(height, width) // 100)
    ring = np.ones((height, width), bool)
    ring[margin:-margin, margin:-margin] = False
    return ring


def _scale(image: NDArray[Any]) -> int:
    """The side in pixels of a square as large as the picture (H, W, …): what distances in it are measured by."""
    return round(math.sqrt(image.shape[0] * image.shape[1]))


def _split_paper(candidates: Mask, ring: Mask) -> tuple[Mask, NDArray[np.int32]]:
    """Paper-coloured areas: those that reach the border, and numbered patches that do not.

    Necks of a few pixels are cut first, so that a highlight which touches the outline stays a patch of its own.
    """
    neck = max(1.0, 2.5 * _scale(ring) / 576)
    wide = ndimage.distance_transform_edt(candidates) > neck
    labels, count = ndimage.label(wide | (candidates & ring))
    reached = np.zeros(count + 1, bool)
    reached[np.unique(labels[ring])] = True
    reached[0] = False
    # Give the rim that was cut away back to the nearest area; what lies farther off (slits) joins what it touches.
    gap, nearest = ndimage.distance_transform_edt(labels == 0, return_indices=True)
    grown = np.where(candidates & (gap <= 2 * neck), labels[tuple(nearest)], 0)
    outside = reached[grown]
    slits = candidates & (grown == 0)
    outside = ndimage.binary_propagation(outside, mask=outside | slits)
    patches, count = ndimage.label(candidates & ~outside)
    area = np.bincount(patches.ravel(), minlength=count + 1)
    return outside, np.where(area[patches] >= _HOLE_AREA * ring.size, patches, 0).astype(np.int32)


def _holes(distance: Image, patches: NDArray[np.int32]) -> NDArray[np.bool_]:  # (P + 1,)
    """Which patches are likely see-through: those with a sharp edge (nearly) all round.

    Sharp is a clear step at once, or, behind the halo that generated frames have, a strong one a little farther in.
    """
    scale = _scale(distance) / 576
    rim = (patches > 0) & ~ndimage.binary_erosion(patches > 0)
    nearby = [(ndimage.maximum_filter(distance, 2 * max(1, round(r * scale)) + 1), step) for r, step in _HOLE_STEPS]
    hole = np.zeros(int(patches.max()) + 1, bool)
    for patch, box in enumerate(ndimage.find_objects(patches), start=1):
        if box is not None:
            edge = rim[box] & (patches[box] == patch)
            hole[patch] = any(np.quantile(values[box][edge], _SMOOTH_SHARE) >= step for values, step in nearby)
    return hole


def _box(solid: Mask, margin: int) -> tuple[slice, slice]:
    """The part of the picture that the object takes up, for speed."""
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )


def _without_specks(solid: Mask, distance: Image, frame: int) -> Mask:
    """Drop islands too small to be part of the object; ``frame`` is the side in pixels that sets the scale."""
    labels, count = ndimage.label(solid, np.ones((3, 3)))
    index = np.arange(count + 1)
    area = ndimage.sum_labels(np.ones_like(distance), labels, index)
    contrast = ndimage.maximum(distance, labels, index)
    least = _SPECK_AREA * frame**2
    keep = (area >= least) | ((contrast >= _SPECK_CONTRAST) & (area >= least / 10))
    if frame <= SMALL_FRAME:
        keep &= (contrast >= _STAIN_CONTRAST) | (area >= _STAIN_AREA * area[1:].max(initial=0))
    keep[0] = False
    return np.asarray(keep[labels])
