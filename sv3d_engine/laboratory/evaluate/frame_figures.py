"""How well frames that are wrong are told from those that are right: a benchmark's orbits with one frame spoiled, and
its objects on white, where paint and highlights look like holes.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from ...orbit.cameras import CameraOrbit
from ...picture.matte import NotPlain, cut_out, matted, plain_paper
from ...picture.prepare import to_bytes
from ...reconstruction.frames.dissent import Dissent, dissent
from ...reconstruction.frames.holes import with_agreed_holes
from ...reconstruction.frames.straighten import NOTHING_DONE
from .known_objects import known_objects
from .reconstruction import bench_orbit, read_over_white

SIZE = 192  # pixels that silhouettes are compared at
SPOILED = (4, 9, 13)  # frames, one at a time
SHIFT = (5, -4)  # pixels right and down

Spoil = Callable[[Tensor, int], None]  # silhouettes (N, S, S) and a frame, in place


def _aside(alpha: Tensor, frame: int) -> None:
    alpha[frame] = alpha[frame].roll(SHIFT[::-1], (0, 1))


def _without_top(alpha: Tensor, frame: int) -> None:
    rows = alpha[frame].amax(1).nonzero()[:, 0]
    alpha[frame, : int(rows[0] + (rows[-1] - rows[0]) // 4)] = 0


def _with_blob(alpha: Tensor, frame: int) -> None:
    right = int(alpha[frame].amax(0).nonzero()[-1, 0])
    rows, columns = np.mgrid[:SIZE, :SIZE]
    alpha[frame][torch.from_numpy(np.hypot(rows - 0.45 * SIZE, columns - right) < 0.06 * SIZE)] = 1


def _of_another_side(alpha: Tensor, frame: int) -> None:
    alpha[frame] = alpha[(frame + 5) % len(alpha)]


# Found are those that are moved to within a pixel of their place, or count less than the others.
SPOILS: Mapping[str, Spoil] = {
    "stands aside": _aside,
    "lacks its top quarter": _without_top,
    "has a blob": _with_blob,
    "shows another side": _of_another_side,
}


def frame_figures(bench: Path, objects: Sequence[str]) -> str:
    """A table in Markdown, a row for each object."""
    names = objects or known_objects(bench)
    rows = [
        f"| object | right frames doubted | {' | '.join(SPOILS)} | matte's IoU on white, alone → agreed |",
        f"| --- | ---: | {'---: | ' * len(SPOILS)}---: |",
    ]
    for name in names:
        orbit = bench_orbit(bench / name / "cameras.json")
        files = [bench / name / "orbit_dynamic" / view.file for view in orbit.views]
        rows.append(f"| {name} | {' | '.join([*_about_spoiled(files, orbit), _about_holes(files, orbit)])} |")
        print(rows[-1], flush=True)
    return "\n".join(rows)


def _about_spoiled(files: Sequence[Path], orbit: CameraOrbit) -> list[str]:
    true = adaptive_avg_pool2d(torch.from_numpy(_alpha(files)), SIZE)
    wrong = _doubted(dissent(true, orbit))
    told = []
    for spoil in SPOILS.values():
        found = 0
        for frame in SPOILED:
            alpha = true.clone()
            spoil(alpha, frame)
            judged = dissent(alpha, orbit)
            at_place = np.abs(judged.aside[frame] * SIZE - SHIFT).max() < 1
            found += bool(at_place if spoil is _aside else judged.weights[frame] < 1)
            wrong += _doubted(judged, but=frame)
        told.append(f"{found} of {len(SPOILED)}")
    return [str(wrong), *told]


def _doubted(found: Dissent, but: int | None = None) -> int:
    """How many frames count less or are moved, one left aside."""
    doubted = (found.weights < 1) | found.aside.any(1)
    return int(doubted.sum()) - int(but is not None and doubted[but])


def _about_holes(files: Sequence[Path], orbit: CameraOrbit) -> str:
    pictures = [read_over_white(file).astype(np.float32) for file in files]
    try:
        cuts = [cut_out(rgb, plain_paper(rgb)) for rgb in pictures]
    except NotPlain:
        return "not plain"
    alone = np.stack([to_bytes(*matted(rgb, cut)) for rgb, cut in zip(pictures, cuts, strict=True)])
    solid = np.stack([ndimage.binary_fill_holes(frame[..., 3] > 127) for frame in alone])
    silhouettes = torch.from_numpy(solid).float()
    agreed = with_agreed_holes(alone, pictures, cuts, silhouettes, orbit, NOTHING_DONE, [None] * len(files))
    true = _alpha(files) > 0.5
    return " → ".join(f"{_iou(frames[..., 3] > 127, true):.4f}" for frames in (alone, agreed.frames))


def _alpha(files: Sequence[Path]) -> NDArray[np.float32]:  # (N, S, S)
    alpha = []
    for file in files:
        with Image.open(file) as picture:
            alpha.append(np.asarray(picture.convert("RGBA").getchannel("A"), np.float32) / np.float32(255))
    return np.stack(alpha)


def _iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(np.mean((one & other).sum((1, 2)) / (one | other).sum((1, 2))))
