"""Normals as something tells them of frames, before anything is known of its axes."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from ...ground.progress import Progress
from .frames import Frames


@dataclass(frozen=True)
class RawNormals:
    """Told of N frames."""

    normals: Tensor  # (N, H, W, 4) in the axes of each picture's camera, up to their signs, and how surely, 0 to 1
    notes: tuple[str, ...] = ()  # what the artist should know: sentences
    rolls: Tensor | None = None  # (N,) radians that these pictures are turned clockwise from the frames; None = none is


NormalSource = Callable[[Frames, Progress], RawNormals]
