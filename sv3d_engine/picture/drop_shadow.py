"""Drop shadows in an artist's alpha: found by their one dark colour and their softness, and taken out."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

_EMPTY, _SOLID = 0.02, 0.97  # alpha: what lies between may be shadow
_EDGE = 3.0  # pixels at 576²: so near to something solid, half an alpha is its soft edge
_DARK = 0.5  # of white: no shadow is lighter
_ONE_COLOUR = 6 / 255  # by which a shadow's colour times its alpha may differ
_SMOOTH = 0.035  # of alpha by which it may differ from its surroundings' mean: hair and lace do by far more
_MOST = 0.85  # of a patch has to be so
_FADES = 0.4  # of its strongest is the most that its rim may have on average …
_OPEN = 0.1  # … where it leads out into nothing, as so much of it has to: tinted panes are framed
_OWN_DEPTH = 0.04  # of the picture's side: what is narrower, and of the object's own colour, is its soft edge
_LIKE_OBJECT = 0.8  # intersection over union at which a hard-edged shadow is the object's own outline, moved
_LEAST = 2e-3  # of the object's area
_STRONGER = 0.15  # alpha by which the shadow may be stronger elsewhere
_REMAINDER = 0.03  # alpha: fainter is nothing
_REACH = 6.0  # pixels at 576² that the shadow goes on beneath the object's soft edge


def without_drop_shadow(rgb: Array, alpha: Array) -> tuple[Array, Array] | None:
    """Straight colour (H, W, 3) and alpha (H, W) without a drop shadow; None where there is none.

    Glass, smoke and hair stay: they are not of one dark colour, not smooth, framed by what is solid, or do not fade.
    """
    scale = float(np.sqrt(alpha.size)) / 576
    solid = alpha >= _SOLID
    if not solid.any():
        return None
    shadow, colour = _found(rgb, alpha, solid, max(1.5, _EDGE * scale))
    if colour is None:
        return None
    near, place = ndimage.distance_transform_edt(~shadow, return_indices=True)
    strength = np.where(near <= max(2.0, _REACH * scale), alpha[tuple(place)], 0)
    strength = np.where(shadow, alpha, np.minimum(strength, alpha))
    left = np.where(shadow, 0, (alpha - strength) / np.maximum(1 - strength, 1e-3)).clip(0, 1)
    faint = (left < _REMAINDER) | ((alpha < 3 * _REMAINDER) & (near <= 3 * max(2.0, _REACH * scale)))
    left = np.where(faint & ~solid, 0, left).astype(np.float32)
    share = strength * (1 - left)
    own = (rgb * alpha[..., None] - colour * share[..., None]) / np.maximum(left[..., None], 0.05)
    return np.where(left[..., None] > 0, own.clip(0, 1), rgb).astype(np.float32), left


def _found(rgb: Array, alpha: Array, solid: Mask, edge: float) -> tuple[Mask, Array | None]:
    """Where shadow is, and its colour (3,); None where there is none."""
    partial = (alpha > _EMPTY) & ~solid
    deep = partial & (ndimage.distance_transform_edt(~solid) > edge)
    labels, count = ndimage.label(deep)
    area = np.bincount(labels.ravel(), minlength=count + 1)
    large = [i for i in range(1, count + 1) if area[i] >= _LEAST * solid.sum()]
    outside = _reaches_border(alpha <= _EMPTY)
    colour, strongest = None, 0.0
    for i in sorted(large, key=lambda i: -area[i]):
        patch = labels == i
        own = np.average(rgb[patch], 0, alpha[patch])
        if not _is_plain(rgb, alpha, patch, own) or _is_soft_edge(rgb, solid, patch, own):
            continue
        alike = deep & (np.abs(rgb - own).max(-1) * alpha <= _ONE_COLOUR)
        if _fades(alpha, patch, outside) or _is_moved(alpha, solid, partial & ~deep, alike):
            colour, strongest = own.astype(np.float32), float(np.quantile(alpha[patch], 0.98))
            break
    if colour is None:
        return np.zeros_like(solid), None
    # What is seen of it elsewhere, as between the legs of a chair.
    alike = partial & (np.abs(rgb - colour).max(-1) * alpha <= _ONE_COLOUR) & (alpha <= strongest + _STRONGER)
    labels, count = ndimage.label(alike)
    seen = np.zeros(count + 1, bool)
    seen[np.unique(labels[alike & deep])] = True
    seen[0] = False
    inner = alike & (ndimage.distance_transform_edt(~solid) > edge / 2)
    return np.asarray(seen[labels] & inner), colour


def _is_plain(rgb: Array, alpha: Array, patch: Mask, colour: Array) -> bool:
    off = np.abs(rgb[patch] - colour).max(-1) * alpha[patch]
    return bool(colour.mean() < _DARK and (off <= _ONE_COLOUR).mean() >= _MOST)


def _is_soft_edge(rgb: Array, solid: Mask, patch: Mask, colour: Array) -> bool:
    """Whether a patch is but the soft edge of something that has its colour."""
    depth, place = ndimage.distance_transform_edt(~solid, return_indices=True)
    beside = rgb[tuple(index[patch] for index in place)]
    narrow = float(np.quantile(depth[patch], 0.9)) < _OWN_DEPTH * max(solid.shape)
    return bool(narrow and (np.abs(beside - colour).max(-1) < 0.1).mean() > 0.5)


def _fades(alpha: Array, patch: Mask, outside: Mask) -> bool:
    """Whether a patch is smooth and loses itself in nothing."""
    smooth = np.abs(alpha - ndimage.gaussian_filter(alpha, 1.5))[patch] <= _SMOOTH
    rim = patch & ndimage.binary_dilation(outside, iterations=2)
    around = ndimage.binary_dilation(patch, iterations=2) & ~patch
    if smooth.mean() < _MOST or not rim.any() or outside[around].mean() < _OPEN:
        return False
    return bool(alpha[rim].mean() <= _FADES * np.quantile(alpha[patch], 0.98))


def _reaches_border(mask: Mask) -> Mask:
    """What of a mask hangs together with the picture's border."""
    seed = np.zeros_like(mask)
    seed[[0, -1]], seed[:, [0, -1]] = mask[[0, -1]], mask[:, [0, -1]]
    return np.asarray(ndimage.binary_propagation(seed, mask=mask))


def _is_moved(alpha: Array, solid: Mask, edge: Mask, alike: Mask) -> bool:
    """Whether what is of one colour is what the object's outline would cover beside it, moved."""
    patch = alike & (alpha > 0.5 * np.quantile(alpha[alike], 0.98))
    shape = [fft.next_fast_len(2 * side) for side in solid.shape]
    spectrum = np.conj(fft.rfft2(solid.astype(np.float32), shape)) * fft.rfft2(patch.astype(np.float32), shape)
    overlap = fft.irfft2(spectrum, shape)
    down, right = np.unravel_index(int(np.argmax(overlap)), overlap.shape)
    moved = np.roll(
        np.pad(solid, [(0, n - side) for n, side in zip(shape, solid.shape, strict=True)]), (down, right), (0, 1)
    )
    beside = moved[: solid.shape[0], : solid.shape[1]] & ~solid & ~edge
    return bool((beside & patch).sum() >= _LIKE_OBJECT * (beside | patch).sum())
