"""How far what a mesh looks like is from a frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Difference:
    """Per pixel, 0 to 1, with how much of the pixel is object in either; lowest row first."""

    values: Floats  # (S, S)
    object: Floats  # (S, S)

    @property
    def mean(self) -> float:
        """Over the object, where frame and mesh show any."""
        return float((self.values * self.object).sum() / max(float(self.object.sum()), 1e-6))


def difference(frame: Floats, seen: Floats, side: int) -> Difference:  # (A, A, 4), (B, B, 4) straight sRGB
    """Two pictures of one square, brought to ``side`` pixels.

    Where only one of them has the object it is 1; where both have it, the root mean square over red, green and blue.
    """
    (colour, alpha), (others, other) = _parts(frame, side), _parts(seen, side)
    apart = np.sqrt(((colour - others) ** 2).mean(-1))
    both = np.minimum(alpha, other)
    either = np.maximum(alpha, other)
    values = np.abs(alpha - other) + both * apart
    return Difference((values / np.maximum(either, 1e-6)).clip(0, 1) * (either > 1e-3), either)


def shrunk(pixels: Floats, side: int) -> Floats:  # (S, S, C) → (side, side, C)
    """The mean over the area of each of the new pixels; nothing is made larger."""
    size = len(pixels)
    if side >= size:
        return pixels
    edges = np.linspace(0, size, side + 1)
    own = np.arange(size)
    covered = np.minimum(edges[1:, None], own + 1) - np.maximum(edges[:-1, None], own)
    share = (covered.clip(0) * side / size).astype(np.float32)  # (side, S)
    rows = np.tensordot(share, pixels, (1, 0))
    return np.tensordot(share, rows, (1, 1)).transpose(1, 0, 2)


def _parts(pixels: Floats, side: int) -> tuple[Floats, Floats]:
    """Colours and coverage at ``side`` pixels."""
    alpha = pixels[..., 3:].clip(0, 1)
    small = shrunk(np.concatenate([pixels[..., :3] * alpha, alpha], -1), side)
    return small[..., :3] / np.maximum(small[..., 3:], np.float32(1e-6)), small[..., 3]
