"""Normals from a folder of maps, one a frame, as a render pass or a network's own program writes them.

So come the normals of Omnidata's DPT, which the paper takes: its authors and its users tell its axes differently, which
does not matter here, as outlines tell them (``told_normals``).
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...ground.progress import Progress
from ...picture.read import read_picture
from ...shared.errors import UserError
from ...shared.frame_names import is_picture, natural_key
from .frames import Frames
from .square import in_square

UNSURE = 0.3  # by which a colour's length may differ from a unit normal's before nothing is believed of it


class NormalMaps:
    """Pictures whose colours are (n + 1) / 2; where they are transparent, or no unit normal, they tell nothing.

    They belong to the frames in the order of their names.
    """

    def __init__(self, folder: Path) -> None:
        """Raises UserError where there is no such folder, or no picture in it."""
        self._files = map_files(folder)
        if not self._files:
            raise UserError(f"The folder {folder} holds no normal maps.", "Put one picture for each frame into it.")

    def __call__(self, frames: Frames, progress: Progress) -> Tensor:  # (N, S, S, 4)
        count, size = len(frames.alpha), frames.alpha.shape[-1]
        if len(self._files) != count:
            raise UserError(
                f"There are {len(self._files)} normal maps for {count} frames.",
                "Put one for each frame into the folder, called as the frames are.",
            )
        maps = []
        for done, path in enumerate(self._files):
            progress(done / count, "Reading the normals")
            maps.append(torch.from_numpy(in_square(_read(path, size), 0.0)))
        if len({told.shape for told in maps}) > 1:
            raise UserError("The normal maps are not all of one size.", "Make them all as large as the frames.")
        return torch.stack(maps)


def map_files(folder: Path) -> list[Path]:
    """The pictures in a folder, 2 before 10.  Raises UserError."""
    try:
        return sorted((f for f in folder.iterdir() if is_picture(f.name)), key=lambda f: natural_key(f.name))
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be read.", "Choose the normal maps again.", str(error)) from error


def _read(path: Path, longest: int) -> NDArray[np.float32]:  # (H, W, 4)
    picture = read_picture(path, longest)
    vectors = 2 * picture.rgb - 1
    length = np.linalg.norm(vectors, axis=-1)
    sure = np.clip(1 - np.abs(length - 1) / UNSURE, 0, 1)
    if picture.alpha is not None:
        sure *= picture.alpha
    return np.concatenate([vectors, sure[..., None]], -1).astype(np.float32)
