"""Objects to orbits on disk, in as many processes as there are: files of a few dozen each, whole or not there."""

import json
import multiprocessing
import os
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from safetensors import safe_open
from torch import Tensor

from ...ground.progress import Progress
from ...ground.tensor_store import load_tensors, save_tensors
from ...shared.trajectory import SV3D_FRAME_COUNT, Pose
from .config import Config, Data

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


class Source(Protocol):
    """Renders orbit ``index`` of a set: frames (21, 3, S, S) uint8, elevations and azimuths (21,) in degrees."""

    def __call__(self, data: Data, index: int, seed: int, size: int, device: str) -> tuple[Tensor, Tensor, Tensor]: ...


def from_dataset(data: Data, index: int, seed: int, size: int, device: str) -> tuple[Tensor, Tensor, Tensor]:
    """An orbit of the dataset room's: a generated object, or one of the folder's.

    A folder's files stand in an order of chance, always the same, so that few orbits show some of everything.  The last
    ``held_out`` are held out; the others come in turn, over and over.  In place of a file that cannot be read comes the
    next that can.  Raises UserError where there is none.
    """
    from ..dataset.model_files import first_object
    from ..dataset.orbits import Framing
    from ..dataset.rendering import render_sample

    held_out = seed >= data.held_out_seed  # is looked at as a whole
    thing, before = None, of_folder_before(data, index)
    among = index - before  # generated ones
    if of_folder_before(data, index + 1) > before:
        assert data.folder is not None
        files = _files(data.folder)
        kept = max(1, len(files) - data.held_out)
        files = files[kept:] or files if held_out else files[:kept]
        lap, turn = divmod(before, len(files))
        thing = first_object([*files[turn:], *files[:turn]])
        among = before + (0 if len(files) % 2 else lap)  # else each of them would have one kind of orbit for ever
    framing = Framing(data.fill, data.sine, SV3D_FRAME_COUNT if held_out else data.views)
    made = render_sample(seed, size, moves(data, among), device, data.white, thing, framing)
    return made.frames.cpu(), made.elevations, made.azimuths


@cache  # a library of models takes seconds to list
def _files(folder: str) -> list[Path]:
    from ..dataset.model_files import model_files

    def by_chance(file: Path) -> int:
        return zlib.crc32(file.relative_to(folder).as_posix().encode())

    return sorted(model_files(Path(folder)), key=by_chance)


def of_folder_before(data: Data, index: int) -> int:
    """How many of the orbits before ``index`` are of the folder's objects: spread evenly over them."""
    return 0 if data.folder is None else int(index * data.folder_share)


def moves(data: Data, index: int) -> bool:
    """Whether the orbit that is number ``index`` of its kind is dynamic: any stretch has its share of them."""
    return int((index + 1) * data.dynamic) > int(index * data.dynamic)


def sets(config: Config, frames: Path, latents: Path) -> tuple[Shards, Shards]:
    """The training and the held-out orbits' files, in these folders."""
    data = config.data
    return (
        Shards(frames, latents, "train", data.orbits, data.shard),
        Shards(frames, latents, "held-out", data.held_out, data.shard),
    )


def facts_of(config: Config, shards: Shards, shard: int) -> dict[str, Any]:
    """What decides the pictures in a shard."""
    from ..dataset.generator import GENERATION

    data = config.data
    first = data.held_out_seed if shards.name == "held-out" else data.first_seed
    members = shards.members(shard)
    told = {
        "generation": GENERATION,
        "folder": data.folder,
        "folder_share": data.folder_share,
        "dynamic": data.dynamic,
        "sine": data.sine,
        "fill": list(data.fill),
        "views": data.views if shards.name == "train" else SV3D_FRAME_COUNT,
        "white": data.white,
        "size": config.architecture.frame_size,
    }
    return {**told, "first": members.start, "count": len(members), "seed": first}


def render(
    config: Config, shards: Shards, device: str, mine: slice, progress: Progress, source: Source = from_dataset
) -> None:
    """Render what is not there yet of the shards ``mine`` (of this process); may be stopped and called again.

    ``source`` must be a function of a module where there are several workers.
    """
    every = range(shards.files)[mine]
    wanted = [k for k in every if not shards.there("frames", k, facts_of(config, shards, k))]
    started = len(every) - len(wanted)
    make = partial(_render_shard, config, shards, device, source)
    for done, _ in enumerate(_each(make, wanted, config.data.workers), started + 1):
        progress(done / len(every), f"Orbits {min(done * shards.size, shards.count)} of {shards.count}")


def _each(make: "partial[int]", wanted: Sequence[int], workers: int) -> Iterator[int]:
    if workers <= 1 or len(wanted) <= 1:
        yield from map(make, wanted)
        return
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _one_thread)
    try:
        for future in as_completed([pool.submit(make, shard) for shard in wanted]):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _one_thread() -> None:
    torch.set_num_threads(1)
    os.environ["NUMBA_NUM_THREADS"] = "1"  # that of the process which started this one was inherited


def _render_shard(config: Config, shards: Shards, device: str, source: Source, shard: int) -> int:
    data, facts = config.data, facts_of(config, shards, shard)
    orbits = [source(data, i, facts["seed"] + i, config.architecture.frame_size, device) for i in shards.members(shard)]
    frames, elevations, azimuths = (torch.stack(part) for part in zip(*orbits, strict=True))
    tensors = {"frames": frames, "elevations": elevations, "azimuths": azimuths}
    shards.write("frames", shard, tensors, facts)
    return shard
