"""Objects to orbits on disk, in as many processes as there are."""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from ..progress import Progress
from .config import Config, Data
from .shards import Shards


class Source(Protocol):
    """Renders orbit ``index`` of a set: frames (21, 3, S, S) uint8, elevations and azimuths (21,) in degrees."""

    def __call__(self, data: Data, index: int, seed: int, size: int, device: str) -> tuple[Tensor, Tensor, Tensor]: ...


def from_dataset(data: Data, index: int, seed: int, size: int, device: str) -> tuple[Tensor, Tensor, Tensor]:
    """An orbit of the dataset room's: a generated object, or one of the folder's.

    The last ``held_out`` files of a folder are held out; the others come in turn, over and over.  In place of a file
    that cannot be read comes the next that can.  Raises UserError where there is none.
    """
    from ..dataset.files import first_object
    from ..dataset.samples import sample

    thing = None
    if data.folder is not None:
        files = _files(data.folder)
        kept = max(1, len(files) - data.held_out)
        files = files[:kept] if seed < data.held_out_seed else files[kept:] or files
        turn = index % len(files)
        thing = first_object([*files[turn:], *files[:turn]])
    made = sample(seed, size, moves(data, index), device, data.white, thing)
    return made.frames.cpu(), made.elevations, made.azimuths


@cache  # a library of models takes seconds to list
def _files(folder: str) -> list[Path]:
    from ..dataset.files import model_files

    return model_files(Path(folder))


def moves(data: Data, index: int) -> bool:
    """Whether orbit ``index`` is a dynamic one: spread evenly, so that any stretch has its share."""
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
        "dynamic": data.dynamic,
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
