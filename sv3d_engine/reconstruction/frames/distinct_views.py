"""How many different views an orbit's frames show: one picture many times over is no orbit."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Image = NDArray[np.float32]
View = tuple[Image, Image]  # coverage and brightness (S, S), the object in the middle

_SIZE = 96  # pixels that views are compared at
# Of two frames that show one side: silhouettes' intersection over union, and correlation of their brightness.  Not one
# pair of neighbours in the twelve orbits of the benchmark reaches both.
_OUTLINE, _SHADING = 0.95, 0.95
_ALIKE = 6 / 255  # or the brightness differs by less on average: noise on what is of one colour does not correlate
_MIRRORED = 0.97  # intersection over union with its mirror image, from which on an outline may be a turned vase's


def count_views(frames: NDArray[np.uint8]) -> int:  # (N, S, S, 4) straight alpha
    """How many different views there are, however their noise, brightness or place in the frame differ."""
    different: list[View] = []
    for view in map(_view, frames):
        if not any(_alike(view, other) for other in different):
            different.append(view)
    return len(different)


def may_be_turned(frames: NDArray[np.uint8]) -> bool:
    """Whether an outline is its own mirror image, as those of vases and bowls are, which look alike from all sides."""
    return any(_overlap(cover, _centred(cover[:, ::-1], cover)[0]) >= _MIRRORED for cover, _ in map(_view, frames))


def _view(frame: NDArray[np.uint8]) -> View:
    step = max(1, len(frame) // _SIZE)
    small = frame[::step, ::step].astype(np.float32) / np.float32(255)
    cover = small[..., 3]
    return _centred(cover, small[..., :3].mean(-1) * cover)


def _centred(cover: Image, shade: Image) -> View:
    if not cover.any():
        return cover, shade
    place = ndimage.center_of_mass(cover)
    by = tuple(round(len(cover) / 2 - 0.5 - at) for at in place)
    return np.roll(cover, by, (0, 1)), np.roll(shade, by, (0, 1))


def _alike(one: View, other: View) -> bool:
    if _overlap(one[0], other[0]) < _OUTLINE:
        return False
    both = (one[0] > 0.5) & (other[0] > 0.5)
    a, b = one[1][both], other[1][both]
    if not len(a) or np.abs(a - b).mean() < _ALIKE:
        return True
    spread = float(a.std() * b.std())
    return spread > 0 and float(((a - a.mean()) * (b - b.mean())).mean()) >= _SHADING * spread


def _overlap(one: Image, other: Image) -> float:
    return float(np.minimum(one, other).sum() / max(float(np.maximum(one, other).sum()), 1e-6))
