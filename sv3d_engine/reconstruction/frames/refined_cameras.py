"""Azimuths refined by colours where outlines cannot tell them: of slender and round objects above all."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from ...ground.progress import Progress
from ...ground.torch_setup import one_thread
from ...orbit.orbit_files import CameraFile
from .bundle_adjustment import FINEST, TELLING, adjusted

# Right cameras of the benchmark stay although a turn would seem to help a little: that is the surface's fault.
_BETTER = 0.93  # of the colours' disagreement: where more of it is left, the cameras stay
_MOVED = 0.5 / 576  # frame widths that what frames show has to be moved by


def refine_cameras(
    frames: NDArray[np.uint8],  # (N, S, S, 4) straight alpha
    described: CameraFile,
    distance: float,
    progress: Progress,
) -> tuple[CameraFile, tuple[str, ...]]:
    """The cameras with azimuths corrected one by one, and a note, where the frames' colours then agree clearly better.

    Otherwise those that were given.  Raises Cancelled.
    """
    with one_thread():
        found = adjusted(torch.stack([_premultiplied(frame) for frame in frames]), described.orbit(distance), progress)
    gone = max(found.before**2 - found.after**2, 0.0) ** 0.5
    if found.after > _BETTER * found.before or gone < TELLING or found.moved < _MOVED:
        return described, ()
    turns = zip(described.views, found.turned.tolist(), strict=True)
    views = tuple(replace(view, azimuth=round(view.azimuth + turn, 4)) for view, turn in turns)
    most = float(found.turned.abs().max())
    note = f"The frames' colours agree better with azimuths that differ by up to {most:.1f}°: these are used."
    return replace(described, views=views), (note,)


def _premultiplied(frame: NDArray[np.uint8]) -> Tensor:  # (S, S, 4) -> (4, S, S), no larger than FINEST
    picture = torch.from_numpy(frame).float().permute(2, 0, 1) / 255
    return adaptive_avg_pool2d(torch.cat([picture[:3] * picture[3:], picture[3:]]), min(FINEST, len(frame)))
