"""Holes decided by all frames together: where one looks through the object, so must the others.

A place within an outline that has the paper's colour is a hole, a highlight or white paint; its edge alone does not
always tell which.  What would be empty if all the other frames were right does: through a true hole there is nothing
left to see, while a highlight, taken for a hole, would be a tunnel through what no other frame shows to be empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from ...ground.progress import Progress
from ...orbit.cameras import CameraOrbit, frame_coordinates
from ...picture.matte import Cut, matted
from ...picture.prepare import to_bytes
from .hull import object_hull, voxel_centres
from .square import in_square, squared
from .straighten import Straightening

_FINENESS = 0.7  # cells to a voxel's width: few enough that a voxel never falls between them
_RIM = 3.0  # pixels of a patch's edge that are left aside, at 288²
# Share of a patch behind which the other frames leave nothing.  Of 259 true holes of the benchmark nine tenths reach
# 0.9, and all but 20, which only one frame sees, 0.2; of 80 places that only look like one, all but 10 stay below that.
_CLOSED, _OPENED = 0.2, 0.9
_SHALLOW = 0.03  # of the cube's side: how little the others leave in half of the holes that only one frame sees
_ROUNDS = 4  # of decisions, each of which the others depend on
# Of holes in an artist's alpha nothing is said where they are smaller, as a share of the silhouette, or go through less
# that the others leave: true ones that one frame alone looks through, between slats, go through up to a tenth.  Nor
# where there is more than a trace of something, or so many frames have them that it is not these that are wrong.
_GIVEN, _GIVEN_SHALLOW, _TRACE, _FEW = 3e-3, 0.15, 25, 0.2

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Agreed:
    """Frames whose holes all frames agree on."""

    frames: NDArray[np.uint8]  # (N, S, S, 4) straight alpha, before they are straightened
    notes: tuple[str, ...]


class Places(Protocol):
    """Places in a frame that may be holes, as a ``Cut`` has them."""

    @property
    def patches(self) -> NDArray[np.int32]:  # (H, W) 0, or the number of a place
        ...

    @property
    def holes(self) -> NDArray[np.bool_]:  # by number: whether it is a hole; that of 0 is False
        ...


@dataclass(frozen=True)
class GivenHoles:
    """The holes in an artist's alpha."""

    patches: NDArray[np.int32]  # (S, S)
    holes: NDArray[np.bool_]  # all but that of 0


def with_agreed_holes(
    frames: NDArray[np.uint8],  # (N, S, S, 4) straight alpha
    rgb: Sequence[NDArray[np.float32]],  # N times (H, W, 3), as they were, perhaps oblong
    cuts: Sequence[Cut | None],  # (H, W) how they were separated from paper; None for those that had an alpha
    silhouettes: Tensor,  # (N, T, T) of the straightened frames
    orbit: CameraOrbit,  # that of the straightened frames
    straightening: Straightening,
    given: Sequence[str | None],  # names of the frames that had an alpha, else None
    progress: Progress | None = None,
) -> Agreed:
    """The frames, and those of them cut out again in which a hole was none, or a highlight a hole.

    An alpha that an artist gave stays as it is; a hole in it that the other frames contradict is told.
    """
    progress = progress or Progress()
    holes = agreed_holes(cuts, silhouettes, orbit, straightening, progress.part(0, 0.5))
    changed = frames.copy()
    closed = opened = 0
    for i, (cut, agreed) in enumerate(zip(cuts, holes, strict=True)):
        if cut is not None and not np.array_equal(cut.holes, agreed):
            changed[i] = squared(to_bytes(*matted(rgb[i], replace(cut, holes=agreed))))
            closed += bool((cut.holes & ~agreed).any())
            opened += bool((agreed & ~cut.holes).any())
    doubtful: list[str] = []
    if any(given):
        places = [given_holes(frame[..., 3]) for frame in changed]
        true = agreed_holes(places, silhouettes, orbit, straightening, progress.part(0.5, 1), _GIVEN_SHALLOW)
        doubtful = [name for name, one in zip(given, true, strict=True) if name and not one[1:].all()]
    if len(doubtful) > _FEW * len(frames):
        doubtful = []
    return Agreed(changed, tuple(_told(closed, opened, doubtful)))


def given_holes(alpha: NDArray[np.uint8]) -> GivenHoles:
    """The holes worth a word in an artist's alpha (S, S)."""
    solid = alpha > 127
    within = ndimage.binary_fill_holes(solid)
    labels, count = ndimage.label(within & (alpha <= _TRACE))
    area = np.bincount(labels.ravel(), minlength=count + 1)
    large = np.flatnonzero((area >= _GIVEN * within.sum()) & (np.arange(count + 1) > 0))
    numbers = np.zeros(count + 1, np.int32)
    numbers[large] = np.arange(1, len(large) + 1)
    return GivenHoles(numbers[labels], np.arange(len(large) + 1) > 0)


def _told(closed: int, opened: int, doubtful: Sequence[str]) -> list[str]:
    notes = []
    if doubtful:
        notes.append(
            f"In {', '.join(doubtful)} the object has a transparent place where the other frames show it solid. If it "
            "is no hole, make it opaque there."
        )
    if closed:
        where = "one frame" if closed == 1 else f"{closed} frames"
        notes.append(
            f"In {where} a place like the background looks like a hole that the other frames contradict; it was filled."
        )
    if opened:
        where = "one frame" if opened == 1 else f"{opened} frames"
        notes.append(f"In {where} a place like the background is a hole, as the other frames show.")
    return notes


def agreed_holes(
    cuts: Sequence[Places | None],
    silhouettes: Tensor,
    orbit: CameraOrbit,
    straightening: Straightening,
    progress: Progress | None = None,
    shallow: float = _SHALLOW,
) -> list[NDArray[np.bool_]]:  # N times (P + 1,)
    """Which patches of each frame are holes, in the light of the others.

    A hole stays one unless the others contradict it, and what was none becomes one only where they are at one.
    ``silhouettes`` (N, T, T) show the object without any holes.  Raises Cancelled.
    """
    progress = progress or Progress()
    holes = [np.zeros(1, bool) if cut is None else cut.holes for cut in cuts]
    if not any(len(one) > 1 for one in holes):
        return holes
    hull, half_side = object_hull(silhouettes, orbit)
    centres = voxel_centres(hull.nonzero().float(), len(hull), half_side)
    voxel = half_side / len(hull) / (orbit.distance * orbit.tan_half_fov) * straightening.growth  # in frame widths
    cells = max(8, int(_FINENESS / voxel))
    deep = shallow * len(hull) / (cells * voxel) ** 2  # voxels in a cell

    def places(index: int) -> Tensor:  # (V, 2)
        return straightening.undone((frame_coordinates(centres, orbit, index) + 1) / 2)

    patches = {i: in_square(cut.patches, 0) for i, cut in enumerate(cuts) if cut is not None and len(cut.holes) > 1}
    numbers = {i: _numbers(patch, places(i)) for i, patch in patches.items()}
    cores = {i: _core(patch) for i, patch in patches.items()}
    for turn in range(_ROUNDS):
        progress(turn / _ROUNDS, "Looking through holes")
        through = {i: torch.from_numpy(holes[i])[number.long()] for i, number in numbers.items()}
        count = torch.stack(list(through.values())).sum(0)
        before = list(holes)
        for i, core in cores.items():
            left = places(i)[count == through[i].long()]  # what the others leave
            clear, depth = _left(core, len(before[i]), left, cells)
            holes[i] = np.where(before[i], (clear >= _CLOSED) | (depth < deep), clear >= _OPENED)
            holes[i][0] = False
        if all(np.array_equal(one, other) for one, other in zip(before, holes, strict=True)):
            break
    return holes


def _numbers(numbers: NDArray[np.int32], where: Tensor) -> Tensor:  # (S, S), (V, 2) -> (V,)
    column, row = (where * len(numbers)).long().clamp(0, len(numbers) - 1).unbind(-1)
    return torch.from_numpy(numbers)[row, column]


def _core(numbers: NDArray[np.int32]) -> NDArray[np.int32]:
    """The patches (S, S) without their edges, and of thin ones their middle."""
    depth = ndimage.distance_transform_edt(numbers > 0)
    widest = np.concatenate([[0], ndimage.maximum(depth, numbers, np.arange(1, numbers.max(initial=0) + 1))])
    rim = np.minimum(_RIM * len(numbers) / 288, widest / 2)
    return np.where(depth > rim[numbers], numbers, 0)


def _left(core: NDArray[np.int32], count: int, left: Tensor, cells: int) -> tuple[Floats, Floats]:
    """Of each patch's core (S, S), 0 first: the share that shows none of the voxels ``left`` (V, 2), and how many of
    them half of its cells show at the least.
    """
    column, row = (left * cells).long().clamp(0, cells - 1).numpy().T
    seen = np.bincount(row * cells + column, minlength=cells * cells).reshape(cells, cells)
    at = np.arange(len(core)) * cells // len(core)
    behind = [seen[at][:, at][core == patch] for patch in range(count)]
    clear = [(one == 0).mean() if len(one) else 0.5 for one in behind]  # without pixels it stays what it is
    return np.array(clear), np.array([np.median(one) if len(one) else 0.0 for one in behind])
