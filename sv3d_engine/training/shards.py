"""Orbits on disk: files of a few dozen each, whole or not there, read without loading them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import safe_open
from torch import Tensor

from ..modules import load_tensors, save_tensors
from ..orbit.trajectory import Pose

What = Literal["frames", "latents"]


@dataclass(frozen=True)
class Shards:
    """Rendered orbits, and once they are encoded, their latents; ``count`` orbits, ``size`` of them a file.

    Frames may serve several runs; latents belong to one run's autoencoder.
    """

    frames: Path  # folder
    latents: Path  # folder
    name: str  # "train" or "held-out"
    count: int
    size: int

    @property
    def files(self) -> int:
        """How many files there are of a kind."""
        return -(-self.count // self.size)

    def members(self, shard: int) -> range:
        """Numbers of the orbits in a file."""
        return range(shard * self.size, min(self.count, (shard + 1) * self.size))

    def path(self, what: What, shard: int) -> Path:
        """File of a shard."""
        folder = self.frames if what == "frames" else self.latents
        return folder / f"{self.name}-{what}-{shard:05d}.safetensors"

    def write(self, what: What, shard: int, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        path = self.path(what, shard)
        path.parent.mkdir(parents=True, exist_ok=True)
        save_tensors(tensors, facts, path)

    def there(self, what: What, shard: int, facts: dict[str, Any]) -> bool:
        """Whether a shard was written from the same facts; damaged files count as not there."""
        return self.facts(what, shard) == facts

    def facts(self, what: What, shard: int) -> dict[str, Any] | None:
        """What a shard was written from; None where it is not there, or damaged."""
        try:
            with safe_open(self.path(what, shard), framework="pt") as file:
                told: dict[str, Any] = json.loads((file.metadata() or {}).get("facts", "{}"))
                return told
        except Exception:  # whatever is wrong with it, it is written again
            return None

    def read(self, what: What, shard: int) -> dict[str, Tensor]:
        """A whole shard."""
        return load_tensors(self.path(what, shard))[0]


class Reader:
    """Single orbits out of shards; files are opened once and mapped, not loaded."""

    def __init__(self, shards: Shards) -> None:
        self.shards = shards
        self._open: dict[Path, Any] = {}
        paths = [shards.path("latents", k) for k in range(shards.files)]
        self._encoded = [safe_open(path, framework="pt").__enter__() for path in paths]
        self.elevations = torch.cat([file.get_tensor("elevations") for file in self._encoded])  # (N, F) degrees
        self.azimuths = torch.cat([file.get_tensor("azimuths") for file in self._encoded])  # (N, F)

    def latents(self, orbit: int) -> Tensor:  # (F, 4, h, w) float32, the diffusion's scale
        """An orbit's latents."""
        row: Tensor = self._encoded[orbit // self.shards.size].get_slice("latents")[orbit % self.shards.size]
        return row.float()

    def frame(self, orbit: int, frame: int) -> Tensor:  # (3, S, S) uint8
        """One rendered frame."""
        return read_frame(self.shards, self._open, orbit, frame)

    def poses(self, orbit: int, order: Sequence[int]) -> list[Pose]:
        """An orbit's poses in the given order of its frames."""
        e, a = self.elevations[orbit].tolist(), self.azimuths[orbit].tolist()
        return [Pose(e[i], a[i]) for i in order]

    def is_static(self) -> Tensor:  # (N,) bool
        """Whether an orbit keeps its elevation."""
        return (self.elevations - self.elevations[:, :1]).abs().amax(1) < 1e-3


def read_frame(shards: Shards, opened: dict[Path, Any], orbit: int, frame: int) -> Tensor:  # (3, S, S) uint8
    """One frame of one orbit; ``opened`` keeps the files."""
    path = shards.path("frames", orbit // shards.size)
    if path not in opened:
        opened[path] = safe_open(path, framework="pt").__enter__()
    row: Tensor = opened[path].get_slice("frames")[orbit % shards.size, frame]
    return row
