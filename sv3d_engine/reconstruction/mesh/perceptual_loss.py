"""LPIPS as a loss: a small part of a picture, or the whole of it made small, so that a step does not cost much more."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ..perceptual import LEAST, LPIPS, Trunk

SIDE = 56  # pixels that the network sees along a side, at most


class PerceptualLoss:
    """How differently a rendered picture and its frame look: every second time in detail, else as wholes."""

    def __init__(self, network: LPIPS, seed: int) -> None:
        # Draws of its own, so that it changes no others; on the processor, as a card would have to be waited for.
        self._network, self._draw, self._whole = network, torch.Generator().manual_seed(seed), False

    def __call__(self, rendered: Tensor, target: Tensor) -> Tensor:  # (H, W, 3) twice, sRGB in [0, 1] -> ()
        self._whole = not self._whole
        pair = torch.stack([rendered, target]).permute(0, 3, 1, 2)
        seen = shrunk(pair, self._network.trunk) if self._whole else self._cut(pair)
        with torch.no_grad():
            true = self._network.features(seen[1:])
        return self._network.distance(self._network.features(seen[:1]), true)[0]

    def _cut(self, pair: Tensor) -> Tensor:  # (2, 3, H, W) -> (2, 3, h, w)
        """A part at its own size, drawn so that every pixel that is not near the border is as likely in it."""
        height, width = pair.shape[-2:]
        top, left = (self._drawn(max(side - SIDE, 0)) for side in (height, width))
        return pair[..., top : top + SIDE, left : left + SIDE]

    def _drawn(self, most: int) -> int:
        return int(torch.randint(most + 1, (), generator=self._draw))


def shrunk(pictures: Tensor, trunk: Trunk) -> Tensor:  # (B, 3, H, W) -> (B, 3, h, w)
    """Averaged so that the longer side has SIDE pixels, and no side fewer than the network can look at, if it had."""
    sides = pictures.shape[-2:]
    scale = min(1.0, SIDE / max(sides))
    height, width = (max(min(side, LEAST[trunk]), round(scale * side)) for side in sides)
    return interpolate(pictures, size=(height, width), mode="area")
