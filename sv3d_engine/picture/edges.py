"""The outline of a matte: dirt taken off, alpha made fractional, the paper's share taken out of the colour."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

_BAND = 2.5  # pixels either side of the outline where alpha is fractional, at 576²
_CRUST_WIDTH = 9.0  # pixels, at 576²
_CRUST_DISTANCE = 0.11
# Frames of a small model are blurred by pixels, not by a share of their side.
SMALL_FRAME = 192  # pixels; larger ones are sharp
_BLUR_REACH = 4  # pixels from paper to the object's own colour, at most
# Of the object's contrast, two pixels inside: the median over the outline is 0.8 or more where it is sharp, half of
# that where it is blurred by a pixel or two.
_SHARP = 0.6


def without_crust(solid: Mask, distance: Image, frame: int) -> Mask:
    """Peel off the faint grey halo of generated or compressed frames.

    It is close to paper (``distance`` is that from the paper's colour), narrow, and has something much stronger right
    behind it; a pale object has not.  ``frame`` is the side of the whole frame in pixels, which sets the scale.
    """
    width = _CRUST_WIDTH * frame / 576
    size = 2 * round(0.7 * width) + 1
    strongest = ndimage.maximum_filter(np.where(solid, distance, 0), size)
    crust = solid & (distance < _CRUST_DISTANCE) & (distance < 0.25 * strongest)
    crust &= ndimage.distance_transform_edt(solid) <= width
    paper = ~solid
    peeled = ndimage.binary_propagation(paper, mask=paper | crust)
    return np.asarray(~peeled)


def without_blur(solid: Mask, distance: Image, frame: int) -> Mask:
    """Peel off the outer half of a blurred outline: what is nearer to paper than to the object right behind it.

    Only for small frames whose outline is blurred nearly all round; else a pale rim is the object's own.
    """
    if frame > SMALL_FRAME:
        return solid
    strongest = ndimage.maximum_filter(np.where(solid, distance, 0), 2 * _BLUR_REACH + 1)
    depth = ndimage.distance_transform_edt(solid)
    second = (depth > 1) & (depth <= 2)
    if not second.any() or np.median(distance[second] / strongest[second]) > _SHARP:
        return solid
    paper = ~solid
    blur = solid & (depth <= _BLUR_REACH) & (distance < 0.5 * strongest)
    return np.asarray(~ndimage.binary_propagation(paper, mask=paper | blur))


def soften(rgb: Image, paper: Image, solid: Mask, frame: int) -> tuple[Image, Image]:
    """Straight colour (H, W, 3) and alpha (H, W) with fractional edges.

    Near the outline a pixel is a mix of ``paper`` (H, W, 3) and of the nearest colour well inside: alpha is its place
    on the line between the two.  Where both are alike (white on white) the outline itself, slightly blurred, decides.
    """
    band = max(1.0, _BAND * frame / 576)
    inside = ndimage.distance_transform_edt(solid)
    outside = ndimage.distance_transform_edt(~solid)
    core = inside > band
    if not core.any():
        core = solid
    # Parts thinner than the band have no core of their own: their middle line is the best there is.
    core |= (inside >= ndimage.maximum_filter(inside, 3)) & solid
    nearest = ndimage.distance_transform_edt(~core, return_distances=False, return_indices=True)
    inner = _core_colour(rgb, core)[tuple(nearest)]
    span = inner - paper
    contrast = (span**2).sum(-1)
    mixed = ((rgb - paper) * span).sum(-1) / np.maximum(contrast, 1e-6)
    blurred = ndimage.gaussian_filter(solid.astype(np.float32), 0.6)
    trust = np.clip((np.sqrt(contrast) - 0.1) / 0.2, 0, 1)
    edge = np.clip(trust * mixed + (1 - trust) * blurred, 0, 1)
    alpha = np.where(inside > band, 1, np.where(outside > band, 0, edge)).astype(np.float32)
    alpha[alpha < 0.03] = 0
    alpha[alpha > 0.98] = 1
    clean = (rgb - (1 - alpha[..., None]) * paper) / np.maximum(alpha[..., None], 0.05)
    weight = np.clip(alpha[..., None] / 0.5, 0, 1)  # too little of the object left to see: use the colour inside
    return np.clip(weight * clean + (1 - weight) * inner, 0, 1).astype(np.float32), alpha


def _core_colour(rgb: Image, core: Mask) -> Image:
    """Colour averaged over the 3 × 3 neighbours that are core too."""
    weight = ndimage.uniform_filter(core.astype(np.float32), 3)
    total = ndimage.uniform_filter(rgb * core[..., None], (3, 3, 1))
    return np.asarray(total / np.maximum(weight, 1e-6)[..., None], dtype=np.float32)
