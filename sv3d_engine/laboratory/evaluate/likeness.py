"""Judges of how alike pictures look that need weights: LPIPS, and the angle between CLIP's embeddings.

LPIPS is that of AlexNet, which its authors recommend for comparing (VGG's for training); the paper names neither.  It
is left out where its weights are not: ``models get lpips``.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...reconstruction.perceptual import LEAST, LPIPS, Trunk, load_lpips
from ...shared import model_catalogue as catalogue

TRUNK: Trunk = "alex"
LPIPS_MISSING = "LPIPS is left out: its weights are not here (models get lpips)."
_AT_ONCE = 1 << 20  # pixels

Frames = NDArray[np.floating]  # (N, S, S, 3) sRGB in [0, 1]
Judge = Callable[[Frames, Frames], NDArray[np.float64]]  # made and true frames -> (N,)
Embed = Callable[[Tensor], Tensor]  # pictures (N, 3, S, S) in [−1, 1] -> (N, D)


def lpips_judge(device: torch.device | str = "cpu") -> Judge | None:
    """The distance of each pair, 0 = alike; None without the weights.  Raises UserError for damaged ones."""
    return lpips_by(load_lpips(catalogue.LPIPS.path, TRUNK).to(device)) if lpips_ready() else None


def lpips_ready() -> bool:
    """Whether its weights are here."""
    return catalogue.state(catalogue.LPIPS) == "ready"


def lpips_by(network: LPIPS) -> Judge:
    """The distances that a network tells."""
    device = network.mean.device

    def judge(made: Frames, true: Frames) -> NDArray[np.float64]:
        assert made.shape == true.shape and min(made.shape[1:3]) >= LEAST[network.trunk], made.shape
        with torch.no_grad():
            pairs = zip(_chunks(made), _chunks(true), strict=True)
            found = [network(a.to(device), b.to(device)).cpu() for a, b in pairs]
        return torch.cat(found).double().numpy()

    return judge


def embedding_judge(embed: Embed) -> Judge:
    """The cosine between the embeddings of each pair, 1 = alike: CLIP-S, where ``embed`` is CLIP."""

    def judge(made: Frames, true: Frames) -> NDArray[np.float64]:
        a, b = (torch.cat([embed(2 * chunk - 1).float().cpu() for chunk in _chunks(f)]) for f in (made, true))
        return torch.nn.functional.cosine_similarity(a, b).double().numpy()

    return judge


def _chunks(frames: Frames) -> Iterator[Tensor]:  # of (n, 3, S, S)
    """A few at a time, whatever their size."""
    count = max(1, _AT_ONCE // (frames.shape[1] * frames.shape[2]))
    for start in range(0, len(frames), count):
        yield torch.from_numpy(np.array(frames[start : start + count], np.float32)).permute(0, 3, 1, 2)
