"""Frames that the others contradict: one alone shows a limb, or lacks one, or its object stands aside.

What all other frames together allow is their visual hull.  A frame that shows more than that is wrong beyond doubt;
one that shows less carves away what is deep in the hull of the others.  One whose object merely stands aside is moved,
else it counts less, or not at all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from ...ground.progress import Progress
from ...orbit.cameras import CameraOrbit, frame_coordinates
from ...orbit.orbit_files import MIN_FRAMES, CameraFile
from .hull import SEEN_ALPHA, agreed_half_side, look_up, voxel_centres
from .straighten import shifted

_SIZE = 192  # pixels that silhouettes are compared at
_RESOLUTION = 96  # voxels along a side of the object's cube
_FINENESS = 0.7  # cells to a voxel's width: few enough that a voxel never falls between them
_SHALLOW = 0.03  # of the cube's side: what a frame alone carves so thinly is a gap that it alone looks through
# Of the silhouette: what the twelve true objects of the benchmark reach is 0 and 0.036, each with one frame spoiled
# 0.015 and more, or 0.05 and more.
_EXTRA, _MISSING = 0.02, 0.05
_SOLID, _EMPTY = 0.9, 0.05  # coverage of a cell
_REACH = 0.08  # frame widths that an object is looked for aside of its place
_BETTER = 0.88  # of what silhouette and hull differ by: where moving the object leaves less, it stood aside
_CURED = 1.5  # of ``against`` that moving a frame may leave
_SLIGHT = 0.05  # what a frame counts that is hardly one, where there are no more frames than are needed
_MOST = 0.2  # of the frames: where more of them are contradicted, it is not these that are wrong

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Dissent:
    """What the others have against each frame."""

    against: NDArray[np.float64]  # (N,) 0 = nothing, 1 = as much as may be chance, 2 and more = it shows another thing
    aside: NDArray[np.float64]  # (N, 2) right and down, in frame widths: how far its object stands aside

    @property
    def weights(self) -> NDArray[np.float64]:  # (N,)
        """How much each frame counts, 0 to 1: all of it up to ``against`` 1, nothing from 2 on."""
        return np.asarray(np.clip(2 - self.against, 0, 1).round(2))


@dataclass(frozen=True)
class Weighed:
    """What ``weighed`` hands on."""

    frames: NDArray[np.uint8]  # (N, S, S, 4) straight alpha
    described: CameraFile
    notes: tuple[str, ...]
    aside: NDArray[np.float64]  # (N, 2) right and down, in frame widths: how far each was moved back


def weighed(
    frames: NDArray[np.uint8],  # (N, S, S, 4) straight alpha
    described: CameraFile,
    distance: float,
    names: Sequence[str],  # of the frames, for the notes
    progress: Progress | None = None,
) -> Weighed:
    """The frames, moved where their object stands aside, their cameras with weights by agreement, and notes on both.

    Weights that the cameras file gives are the artist's and stay; a true picture counts whatever the others show.
    """
    if described.weighed:
        return Weighed(frames, described, (), np.zeros((len(frames), 2)))
    small = min(frames.shape[1], _SIZE)
    alpha = torch.from_numpy(frames[..., 3] / np.float32(255))
    found = dissent(torch.nn.functional.adaptive_avg_pool2d(alpha, small), described.orbit(distance), progress)
    weights = np.where([view.true for view in described.views], 1, found.weights)
    if (weights > 0).sum() < MIN_FRAMES:
        weights = np.maximum(weights, _SLIGHT)
    views = [replace(view, weight=float(weight)) for view, weight in zip(described.views, weights, strict=True)]
    aside = found.aside * [[not view.true] for view in described.views]
    moved = frames.copy() if aside.any() else frames
    for i in np.flatnonzero(aside.any(1)):
        moved[i] = shifted(frames[i], aside[i])
    notes = (_about_moved(aside * frames.shape[1], names), *_about_weights(weights, names))
    return Weighed(moved, replace(described, views=tuple(views)), tuple(filter(None, notes)), aside)


def _about_moved(aside: NDArray[np.float64], names: Sequence[str]) -> str:
    moved = [f"{names[i]} by {np.hypot(*way):.0f} pixels" for i, way in enumerate(aside) if way.any()]
    return f"Where the object stood aside, the frame was moved: {_listed(moved)}." if moved else ""


def _about_weights(weights: NDArray[np.float64], names: Sequence[str]) -> Iterator[str]:
    gone = [name for name, weight in zip(names, weights, strict=True) if weight == 0]
    less = [name for name, weight in zip(names, weights, strict=True) if 0 < weight < 1]
    if gone:
        what = "it was" if len(gone) == 1 else "they were"
        yield f"The other frames contradict {_listed(gone)}: {what} set aside."
    if less:
        what = "it counts" if len(less) == 1 else "they count"
        yield f"The other frames contradict {_listed(less)} in part: {what} less."


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def dissent(silhouettes: Tensor, orbit: CameraOrbit, progress: Progress | None = None) -> Dissent:  # (N, S, S)
    """Compare each frame with what the others leave; silhouettes are coverage.  Raises Cancelled.

    One after the other, since a wrong frame puts all others at odds: the worst is moved if that helps, or has no say
    from then on.
    """
    progress = progress or Progress()
    count = len(silhouettes)
    none = Dissent(np.zeros(count), np.zeros((count, 2)))
    space, silent = _Space(silhouettes, orbit), np.zeros(count)
    aside = np.zeros((count, 2))
    rounds = int(_MOST * count) + 1
    for turn in range(rounds):
        progress(turn / rounds, "Comparing each frame with the others")
        views = list(space.views())
        against = np.array([_against(one, view, space.deep) for one, view in zip(space.shown, views, strict=True)])
        against[silent > 0] = 0
        found = [_aside(one, view.left > 0) for one, view in zip(space.shown, views, strict=True)]
        worst = int(against.argmax())
        if against[worst] <= 1:
            worst = min((i for i in range(count) if not silent[i]), key=lambda i: found[i][1])
            if found[worst][1] > _BETTER:
                return Dissent(np.maximum(against, silent), aside)
        way, left = found[worst]
        moved = _shifted(silhouettes[worst], -aside[worst] - way)
        first = not aside[worst].any() or against[worst] <= 1
        if first and left <= _BETTER and _against(space.coarse(moved), views[worst], space.deep) <= _CURED:
            aside[worst] += way
            space.show(worst, moved)
        elif against[worst] <= 1:  # it stands where it fits best
            return Dissent(np.maximum(against, silent), aside)
        else:
            silent[worst], aside[worst] = against[worst], 0
            space.silence(worst)
    return none  # so many are at odds with so many that these cannot be told from those


@dataclass(frozen=True)
class _Others:
    """What all frames but one leave to it, in cells (C, C)."""

    allowed: Mask  # though some of them may be wrong
    left: NDArray[np.int64]  # voxels that all of them leave


class _Space:
    """Voxels about an object, and which frames show them to be empty."""

    def __init__(self, silhouettes: Tensor, orbit: CameraOrbit) -> None:
        count = len(silhouettes)
        half_side = agreed_half_side(silhouettes, orbit)
        width = half_side / _RESOLUTION / (orbit.distance * orbit.tan_half_fov)  # of a voxel, in frame widths
        self._cells = max(16, int(_FINENESS / width))
        self.deep = _SHALLOW * _RESOLUTION / (self._cells * width) ** 2  # voxels in a cell
        self.shown = [self.coarse(one) for one in silhouettes]
        self._few = max(1, count // 10)  # frames that may be wrong
        self._orbit = orbit
        axis = voxel_centres(torch.arange(_RESOLUTION), _RESOLUTION, half_side)
        self._voxels = torch.cartesian_prod(axis, axis, axis)
        empty = torch.stack([self._is_empty(one, i) for i, one in enumerate(silhouettes)])
        # What more frames carve will not come back: each round lets one of them show something else.
        near = empty.sum(0) <= self._few + 2 + int(_MOST * count)
        self._voxels, self._empty = self._voxels[near], empty[:, near]

    def _is_empty(self, silhouette: Tensor, index: int) -> Tensor:  # (S, S) -> (V,)
        return look_up(silhouette, frame_coordinates(self._voxels, self._orbit, index)) <= SEEN_ALPHA

    def show(self, index: int, silhouette: Tensor) -> None:  # (S, S)
        """Let a frame show something else."""
        self.shown[index] = self.coarse(silhouette)
        self._empty[index] = self._is_empty(silhouette, index)

    def silence(self, index: int) -> None:
        """Let a frame have no say."""
        self._empty[index] = False

    def coarse(self, silhouette: Tensor) -> NDArray[np.float32]:  # (S, S) -> (C, C)
        """A silhouette's coverage of the cells."""
        cells: NDArray[np.float32] = torch.nn.functional.adaptive_avg_pool2d(silhouette[None], self._cells)[0].numpy()
        return cells

    def views(self) -> Iterator[_Others]:
        """What the others leave to each frame."""
        misses = self._empty.sum(0)
        near = (misses <= self._few + 1).nonzero()[:, 0]
        voxels, misses, size = self._voxels[near], misses[near], self._cells
        for i, empty in enumerate(self._empty):
            place = (frame_coordinates(voxels, self._orbit, i) + 1) / 2
            column, row = (place * size).long().clamp(0, size - 1).unbind(-1)
            cell, others = (row * size + column).numpy(), (misses - empty[near].long()).numpy()
            allowed, left = (np.bincount(cell[others <= most], minlength=size**2) for most in (self._few, 0))
            yield _Others(allowed.reshape(size, size) > 0, left.reshape(size, size))


def _against(shown: NDArray[np.float32], others: _Others, deep: float) -> float:
    """How far a silhouette leaves what the others allow, and lacks what they are certain of."""
    area = max(1, int((shown > 0.5).sum()))
    more = ndimage.binary_opening((shown > _SOLID) & ~others.allowed, np.ones((2, 2))).sum()
    less = ndimage.binary_opening((shown < _EMPTY) & (others.left > deep), np.ones((2, 2))).sum()
    return float(more / area / _EXTRA + less / area / _MISSING)


def _aside(shown: NDArray[np.float32], there: Mask) -> tuple[NDArray[np.float64], float]:
    """How far right and down, in frame widths, a silhouette stands of where it covers the others' hull best, and what
    is left of their difference when it is moved there.
    """
    cells, reach = len(shown), max(1, round(_REACH * len(shown)))
    way = range(-reach, reach + 1)  # objects keep clear of the border: nothing comes in at the other side
    apart = np.array([[np.abs(np.roll(shown, (-down, -right), (0, 1)) - there).sum() for right in way] for down in way])
    row, column = (int(i) for i in np.unravel_index(int(apart.argmin()), apart.shape))
    finer = [_least(apart[row, column - 1 : column + 2]), _least(apart[row - 1 : row + 2, column])]
    left = float(apart[row, column] / max(apart[reach, reach], 1e-6))
    return (np.array([column, row]) - reach + finer) / cells, left


def _shifted(silhouette: Tensor, by: NDArray[np.float64]) -> Tensor:  # (S, S), right and down in frame widths
    return torch.from_numpy(ndimage.shift(silhouette.numpy(), by[::-1] * len(silhouette), order=1))


def _least(three: NDArray[np.float64]) -> float:
    """Where between −½ and ½ a parabola through the values at −1, 0, 1 is least; 0 at the end of a row."""
    if len(three) < 3:
        return 0.0
    before, here, after = three.tolist()
    bend = before - 2 * here + after
    return min(max((before - after) / 2 / bend, -0.5), 0.5) if bend > 0 else 0.0
