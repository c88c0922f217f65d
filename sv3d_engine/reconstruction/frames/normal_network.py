"""Normals from a network that looks at each frame alone: MoGe-2 as its authors export it to ONNX.

Wang et al. 2025, "MoGe-2: Accurate Monocular Geometry with Metric Scale and Sharp Details".  Of its outputs "normal"
and "mask" are taken.  Its axes are x right, y down, z away from the viewer, whom the normals face.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from ...ground.progress import Progress
from ...shared.errors import UserError
from .frames import Frames
from .raw_normals import RawNormals

SIDE = 518  # pixels that it sees along a side: 37 of its encoder's 14
TOKENS = 1800  # its authors' export's; 1200 to 2500 are sensible, they say, the more the finer
_TO_OURS = (1.0, -1.0, -1.0)
_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}  # that it may be given a picture in
_REMEDY = "Choose MoGe-2 with normals as ONNX, for example moge-2-vits-normal-onnx."


class NormalNetwork:
    """From "image" (1, 3, H, W), sRGB in [0, 1], and maybe "num_tokens" to "normal" (1, H, W, 3) and "mask"."""

    def __init__(self, path: Path) -> None:
        """Raises UserError for what is no such network."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors only: standard error is the artist's
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime has a class for each failure, and documents none
            raise UserError(f"{path.name} cannot be read as a network.", _REMEDY, str(error)) from error
        self._name = path.name
        self._inputs: dict[str, Any] = {each.name: each for each in self._session.get_inputs()}
        outputs = [each.name for each in self._session.get_outputs()]
        if not {"image"} <= set(self._inputs) <= {"image", "num_tokens"} or "normal" not in outputs:
            raise self._tells_none(f"inputs: {', '.join(self._inputs)}; outputs: {', '.join(outputs)}")
        image = self._inputs["image"]
        if (
            len(image.shape) != 4
            or (isinstance(image.shape[1], int) and image.shape[1] != 3)
            or image.type not in _TYPES
        ):
            raise self._tells_none(f"image: {image.type}, {image.shape}")
        self._outputs = [name for name in ("normal", "mask") if name in outputs]

    def _tells_none(self, details: str) -> UserError:
        return UserError(f"{self._name} is a network that tells no normals.", _REMEDY, details)

    def __call__(self, frames: Frames, progress: Progress) -> RawNormals:
        height, width = (side if isinstance(side, int) else SIDE for side in self._inputs["image"].shape[2:])
        told = []
        for index, packed in enumerate(frames.premultiplied()):
            progress(index / len(frames.alpha), "Estimating the normals")
            picture = packed[..., :3] + 1 - packed[..., 3:]  # on white, as SV3D shows things
            seen = interpolate(picture.permute(2, 0, 1)[None], size=(height, width), mode="bilinear", antialias=True)
            told.append(self._run(seen.numpy()))
        progress(1.0)
        return RawNormals(torch.stack(told))

    def _run(self, picture: NDArray[np.float32]) -> Tensor:  # (1, 3, H, W) -> (H, W, 4)
        given: dict[str, Any] = {"image": picture.astype(_TYPES[self._inputs["image"].type])}
        if "num_tokens" in self._inputs:
            given["num_tokens"] = np.full([1] * len(self._inputs["num_tokens"].shape), TOKENS, np.int64)
        try:
            answers = self._session.run(self._outputs, given)
        except Exception as error:  # as above
            raise self._tells_none(str(error)) from error
        found = [torch.from_numpy(np.asarray(answer, np.float32)) for answer in answers]
        shape = (1, *picture.shape[2:])
        if [tuple(each.shape) for each in found] != [(*shape, 3), shape][: len(found)]:
            raise self._tells_none(f"outputs: {', '.join(str(tuple(each.shape)) for each in found)}")
        normals = found[0][0] * torch.tensor(_TO_OURS)
        sure = found[1][0, ..., None] if len(found) > 1 else torch.ones_like(normals[..., :1])
        return torch.cat([normals, sure], -1)
