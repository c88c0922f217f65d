"""Orbits that are known: held-out generated objects, the benchmark's, and what training orbits look like on average."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..dataset.generator import GENERATION, TEST, TRAIN, VALIDATION
from ..dataset.samples import sample
from ..errors import UserError
from ..frames.resize import shrink
from ..modules import load_tensors, save_tensors
from ..orbit.trajectory import SV3D_FRAME_COUNT, Pose
from .reconstruction import OBJECTS, bench_orbit, over_white

SPLITS = {"val": VALIDATION, "test": TEST}
KINDS = ("static", "dynamic")


@dataclass(frozen=True)
class KnownOrbit:
    """An orbit whose every frame is known."""

    name: str
    frames: NDArray[np.uint8]  # (21, S, S, 3) sRGB over white; the last is the picture that SV3D is given
    poses: tuple[Pose, ...]

    @property
    def truth(self) -> NDArray[np.float32]:  # (21, S, S, 3) in [0, 1]
        return (self.frames / 255).astype(np.float32)


def generated(split: str, count: int, kind: str, size: int) -> Iterator[KnownOrbit]:
    """The first objects of a held-out range of seeds, each in its own orbit of a kind, over white, at ``size``²."""
    for seed in SPLITS[split][:count]:
        yield _generated(seed, kind, size)


def benchmark(folder: Path, kind: str, size: int) -> Iterator[KnownOrbit]:
    """Those of the benchmark's objects that have an orbit of a kind, their frames reduced to ``size``².

    Raises UserError for a folder that is not the benchmark's.
    """
    for name in OBJECTS:
        cameras = folder / name / "cameras.json"
        if not cameras.is_file():
            raise UserError(f"{cameras} is not there.", "Give the benchmark's own folder.")
        frames = folder / name / f"orbit_{kind}"
        if not frames.is_dir():
            continue
        views = bench_orbit(cameras, frames.name).views
        pictures = [shrink(over_white(frames / v.file).astype(np.float32), None, size)[0] for v in views]
        pixels = np.rint(np.stack(pictures) * 255).astype(np.uint8)
        yield KnownOrbit(name, pixels, tuple(Pose(v.elevation, v.azimuth) for v in views))


def mean_frames(count: int, kind: str, size: int, cache: Path) -> NDArray[np.float32]:  # (21, S, S, 3) in [0, 1]
    """The mean of each frame over the orbits of the first ``count`` training seeds; kept in the folder ``cache``.

    Means of sRGB values over white: no other constant frame has a smaller squared error on that set.
    """
    path = cache / f"mean_{kind}_{size}.safetensors"
    facts = {"generation": GENERATION, "seeds": [TRAIN.start, TRAIN.start + count], "kind": kind, "size": size}
    try:
        tensors, told = load_tensors(path)
    except UserError:  # not there, or damaged
        told = {}
    if told == facts:
        return tensors["frames"].numpy()
    total = np.zeros((SV3D_FRAME_COUNT, size, size, 3))
    for seed in TRAIN[:count]:
        total += _generated(seed, kind, size).frames
    frames = (total / (count * 255)).astype(np.float32)
    cache.mkdir(parents=True, exist_ok=True)
    save_tensors({"frames": torch.from_numpy(frames)}, facts, path)
    return frames


def _generated(seed: int, kind: str, size: int) -> KnownOrbit:
    made = sample(seed, size, moving=kind == "dynamic")
    poses = map(Pose, made.elevations.tolist(), made.azimuths.tolist())
    return KnownOrbit(f"{made.family} {seed}", made.frames.permute(0, 2, 3, 1).numpy(), tuple(poses))
