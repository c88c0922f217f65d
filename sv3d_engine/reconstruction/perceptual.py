"""LPIPS: how differently two pictures look, by what networks trained to recognise things see in them.

Zhang, Isola, Efros, Shechtman, Wang, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR
2018: features of five layers, each place's of length 1, compared by weights that were learnt from people's judgement.
"""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d, relu

from ..ground.files import reading
from ..ground.tensor_store import load_tensors
from ..shared import model_catalogue as catalogue

Trunk = Literal["alex", "vgg"]

# Each block is what comes before its features are compared: whether halved first, and its convolutions as
# (channels, kernel, stride, padding).
_ALEX = (
    (False, ((64, 11, 4, 2),)),
    (True, ((192, 5, 1, 2),)),
    (True, ((384, 3, 1, 1),)),
    (False, ((256, 3, 1, 1),)),
    (False, ((256, 3, 1, 1),)),
)
_VGG = tuple(
    (block > 0, ((channels, 3, 1, 1),) * count)
    for block, (channels, count) in enumerate([(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)])
)
_BLOCKS: Mapping[Trunk, tuple[tuple[bool, tuple[tuple[int, int, int, int], ...]], ...]] = {"alex": _ALEX, "vgg": _VGG}
_POOL: Mapping[Trunk, int] = {"alex": 3, "vgg": 2}  # pixels that the larger of is kept, every second one
LEAST = {"alex": 31, "vgg": 16}  # pixels a side that a picture must have for the trunk's layers to see anything
# The mean and spread of ImageNet's colours, for values in [−1, 1].
_MEAN, _SPREAD = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
_TINY = 1e-10


class LPIPS(nn.Module):
    """The distance (B,) of pictures (B, 3, H, W), sRGB in [0, 1]: 0 = alike, about 0.7 = nothing in common.

    Gradients reach the pictures; the weights are fixed.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.trunk: Trunk = trunk
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("spread", torch.tensor(_SPREAD)[:, None, None], persistent=False)
        self.convolutions, self.heads = nn.ModuleList(), nn.ParameterList()
        inside = 3
        for _, layers in _BLOCKS[trunk]:
            for channels, kernel, stride, padding in layers:
                self.convolutions.append(nn.Conv2d(inside, channels, kernel, stride, padding))
                inside = channels
            self.heads.append(nn.Parameter(torch.ones(inside)))
        self.requires_grad_(False)

    def features(self, pictures: Tensor) -> list[Tensor]:  # (B, 3, H, W) -> 5 × (B, C, h, w)
        """What the five layers see, of length 1 at each place."""
        assert pictures.ndim == 4 and min(pictures.shape[-2:]) >= LEAST[self.trunk], pictures.shape
        x, found, convolutions = (2 * pictures - 1 - self.mean) / self.spread, [], iter(self.convolutions)
        for halved, layers in _BLOCKS[self.trunk]:
            if halved:
                x = max_pool2d(x, _POOL[self.trunk], 2)
            for convolution in islice(convolutions, len(layers)):
                x = relu(convolution(x))
            found.append(x / (x.square().sum(1, keepdim=True).sqrt() + _TINY))
        return found

    def distance(self, first: list[Tensor], second: list[Tensor]) -> Tensor:  # (B,)
        """Of two pictures' features."""
        apart = [
            ((one - other).square() * head[:, None, None]).sum(1).mean((1, 2))
            for one, other, head in zip(first, second, self.heads, strict=True)
        ]
        return torch.stack(apart).sum(0)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:  # (B, 3, H, W) twice -> (B,)
        return self.distance(self.features(first), self.features(second))


def load_lpips(path: Path, trunk: Trunk) -> LPIPS:
    """A network with the weights of ``path``, where each tensor's name begins with its trunk's.  Raises UserError."""
    tensors, _ = load_tensors(path)
    with reading(path):
        network = LPIPS(trunk)
        prefix = f"{trunk}."
        network.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
    return network.eval()


def installed_lpips(trunk: Trunk) -> LPIPS | None:
    """The network with the weights that ``models get lpips`` has fetched; None without.  Raises UserError."""
    return load_lpips(catalogue.LPIPS.path, trunk) if catalogue.state(catalogue.LPIPS) == "ready" else None
