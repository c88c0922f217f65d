"""How well the outlines in a film's small pictures agree with a turn, whichever way it goes, from whatever height."""

from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray

from ...picture.matte import border
from ...shared.trajectory import SV3D_FOV_DEG
from .bars import without_bars
from .camera_fit import misfit
from .coherence import Outlines, TurnCameras
from .turn import ENOUGH, Judge

Array = NDArray[np.float32]

_ELEVATIONS = (0.0, 20.0, 40.0)  # degrees that are tried beside what is said
_RAYS = 64
_PLAIN = 0.08  # of the paper's colour: as much as nine tenths of a border may differ from it
_OBJECT = (0.04, 0.16)  # of the paper's colour: what differs by less is paper, and by more the object


def judge_of(values: Array, elevation: float) -> Judge | None:  # (M, S, S, 4) straight RGBA in [0, 1]
    """The judge of these frames; None where their background is not plain."""
    alpha = _silhouettes(values)
    if alpha is None:
        return None

    def judge(frames: NDArray[np.intp], degrees: Array) -> float:
        outlines = Outlines(alpha[frames]).fewer(_RAYS)
        turned = torch.from_numpy(np.ascontiguousarray(degrees))
        best = np.inf
        for height in dict.fromkeys((elevation, *_ELEVATIONS)):
            for way, aim in product((1, -1), {(0.0, 0.0), (round(outlines.middle, 2), 0.0)}):
                heights = torch.full((len(frames),), height)
                best = min(best, misfit(outlines, TurnCameras(heights, way * turned, SV3D_FOV_DEG, aim)))
                if best < ENOUGH:
                    return best
        return best

    return judge


def _silhouettes(values: Array) -> Array | None:
    """Alpha (M, S, S), good enough to tell ways of turning from one another."""
    if values[..., 3].min() < 0.5:
        return np.ascontiguousarray(values[..., 3])
    colours = list(values[..., :3])
    found = []
    for frame in without_bars(colours) or colours:
        rim = border(frame)
        apart = np.abs(frame - np.median(frame[rim], 0)).max(-1)
        if np.quantile(apart[rim], 0.9) > _PLAIN:
            return None
        alpha = ((apart - _OBJECT[0]) / (_OBJECT[1] - _OBJECT[0])).clip(0, 1)
        if not (alpha > 0.5).any():
            return None
        found.append(alpha)
    return np.stack(found)
