"""Normals from a folder of maps, one a frame, as a render pass or a network's own program writes them.

So come the normals of Omnidata's DPT, which the paper takes: its authors and its users tell its axes differently, which
does not matter here, as outlines tell them (``told_normals``).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import grid_sample

from ...ground.colour import to_linear
from ...ground.progress import Progress
from ...picture.read import read_picture
from ...shared.errors import UserError
from .frames import Frames, averaged_normals, resized
from .normal_files import map_files, paired
from .origins import UNMOVED, Origin
from .raw_normals import RawNormals
from .square import in_square

UNSURE = 0.3  # by which a colour's length may differ from a unit normal's before nothing is believed of it
_NORMALS = 0.4  # mean confidence on the objects from which pictures are normal maps
ENCODED = "The normal maps are stored as sRGB colours, as pictures are; they were made linear."


class NormalMaps:
    """Pictures whose colours are (n + 1) / 2, linear or in sRGB; where they are transparent, or no unit normal, they
    tell nothing.

    They follow their frames where these were moved.
    """

    def __init__(self, folder: Path) -> None:
        """Raises UserError where there is no such folder, or no picture in it that can be read."""
        self._folder, self._files = folder, map_files(folder)

    def __call__(self, frames: Frames, progress: Progress) -> RawNormals:  # of the frames' size
        origins = frames.origins or tuple(Origin(view.file) for view in frames.orbit.views)
        if any(origin.place is None for origin in origins):
            raise UserError(
                "Normal maps do not fit these photographs: they were turned to look at the object from where the "
                "cameras file has them.",
                "Give a network (MoGe-2 with normals, .onnx) instead of the maps, or leave the normals out.",
            )
        colours, alpha = self._read(paired(self._files, [origin.name for origin in origins]), frames, progress)
        inside = (frames.alpha > 0.5).float()
        told = {}
        for note, values in {"": colours, ENCODED: to_linear(colours)}.items():
            vectors = 2 * values - 1
            sure = alpha * (1 - (vectors.norm(dim=-1, keepdim=True) - 1).abs() / UNSURE).clamp_min(0)
            vectors = vectors / vectors.norm(dim=-1, keepdim=True).clamp_min(1e-6)
            layers = in_frames(torch.cat([vectors * sure, sure, alpha], -1), origins, frames.alpha.shape[-1])
            asked, sure_of = (float((layers[..., channel] * inside).sum()) for channel in (4, 3))
            told[note] = sure_of / max(asked, 1e-6), averaged_normals(layers[..., :3])
        note = max(told, key=lambda note: told[note][0])
        likely, normals = told[note]
        if likely < _NORMALS:
            raise UserError(
                f"The pictures in {self._folder} are no normal maps: few of their colours are directions.",
                "Save x, y and z, in each camera's axes, as red, green and blue of (n + 1) / 2.",
                f"{likely:.0%} of the objects' pixels are unit vectors.",
            )
        rolls = torch.tensor([origin.roll for origin in origins])
        return RawNormals(normals, (note,) if note else (), rolls)

    def _read(self, files: Sequence[Path | None], frames: Frames, progress: Progress) -> tuple[Tensor, Tensor]:
        """Colours (N, M, M, 3) and alpha (N, M, M, 1); nothing where there is no file.  Raises UserError."""
        pictures: list[NDArray[np.float32] | None] = []
        for done, path in enumerate(files):
            progress(done / len(files), "Reading the normals")
            pictures.append(None if path is None else _square(path, frames.alpha.shape[-1]))
        shapes = {picture.shape for picture in pictures if picture is not None}
        if len(shapes) > 1:
            raise UserError("The normal maps are not all of one size.", "Make them all as large as the frames.")
        nothing = np.zeros(shapes.pop(), np.float32)
        packed = torch.from_numpy(np.stack([nothing if picture is None else picture for picture in pictures]))
        return packed[..., :3], packed[..., 3:]


def _square(path: Path, longest: int) -> NDArray[np.float32]:  # (M, M, 4) straight
    picture = read_picture(path, longest)
    alpha = np.ones(picture.rgb.shape[:2], np.float32) if picture.alpha is None else picture.alpha
    return in_square(np.concatenate([picture.rgb, alpha[..., None]], -1), 0.0)


def in_frames(layers: Tensor, origins: Sequence[Origin], size: int) -> Tensor:  # (N, M, M, C) -> (N, size, size, C)
    """What lies on the pictures, laid on the frames that were made from them."""
    laid = resized(layers, size)
    middles = (torch.arange(size, dtype=torch.float64) + 0.5) / size
    y, x = torch.meshgrid(middles, middles, indexing="ij")
    for index, origin in enumerate(origins):
        if origin.place not in (None, UNMOVED):
            matrix = torch.tensor(origin.place, dtype=torch.float64)
            places = torch.stack([x, y, torch.ones_like(x)], -1) @ matrix.T
            grid = (2 * places - 1).to(layers.dtype)[None]
            picture = layers[index].permute(2, 0, 1)[None]
            laid[index] = grid_sample(picture, grid, align_corners=False)[0].permute(1, 2, 0)
    return laid
