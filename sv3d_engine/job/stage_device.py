"""Which processor does a stage: SV3D's networks on the strongest, the mesh on the one that is faster here.

A mesh is many small steps, so that a strong card may lose to a few cores; a short trial tells, once for each machine.
"""

import copy
import json
import logging
import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..ground.device import available_devices, card_key, device_name, release_memory, resolve_device, synchronize
from ..ground.files import write_json
from ..ground.lock import card_locked
from ..ground.progress import Cancelled, Progress
from ..ground.settings import PRESETS
from ..shared.errors import out_of_memory
from ..shared.user_folders import user_folder
from .job import Facts, Job
from .report import CARD_PACKAGE, package_version

if TYPE_CHECKING:
    import torch

    from ..reconstruction.frames.frames import Frames

log = logging.getLogger(__name__)

Run = Callable[[Any, Path, Progress], Facts]
RunOnDevice = Callable[[Any, Path, Progress, "torch.device"], Facts]
Seconds = dict[str, float | None]  # a step's, by device name; None where it fails

MEMORY_NOTE = "The graphics card's memory was too small for this mesh, so the processor made it."


def on_strongest_device(run: RunOnDevice) -> Run:
    """A stage of SV3D's networks: on the device that was asked for, for "auto" CUDA before MPS before the CPU."""

    def stage(job: Job, out: Path, progress: Progress) -> Facts:
        device = resolve_device(job.device_name)
        with card_locked(card_key(device), progress):
            return {**run(job, out, progress, device), "device": device.type}

    return stage


def on_faster_device(work: str, run: RunOnDevice) -> Run:
    """A stage of the mesh: on the device that was asked for, for "auto" the one on which ``work`` is faster.

    ``work`` is "field" or "mesh".  Where a card's memory runs out, the stage is done again on the CPU.
    """

    def stage(job: Job, out: Path, progress: Progress) -> Facts:
        import torch

        device, seconds = faster_device(job.device_name, work, progress)
        told: Facts = {"device_seconds": seconds} if seconds else {}
        try:
            with card_locked(card_key(device), progress):
                return {**run(job, out, progress, device), "device": device.type, **told}
        except (MemoryError, RuntimeError) as error:
            if device.type == "cpu" or not out_of_memory(error):
                raise
            log.warning("the card's memory ran out; the processor does the stage: %s", error)
        # Not in the handler: only now has the error let go of the tensors.
        release_memory(device)
        progress.restarted()
        progress(0.0, "The graphics card's memory is too small; the processor takes over")
        facts = run(job, out, progress, torch.device("cpu"))
        return {**facts, "device": "cpu", **told, "notes": [*facts.get("notes", ()), MEMORY_NOTE]}

    return stage


def faster_device(asked: str, work: str, progress: Progress) -> tuple["torch.device", Seconds]:
    """The device, and what a step took on each one in the trial; nothing where there was no choice."""
    import torch

    devices = available_devices()
    if asked != "auto" or len(devices) == 1:
        return resolve_device(asked), {}
    seconds = _known_or_tried(devices, progress)[work]
    works = {name: step for name, step in seconds.items() if step is not None}
    return torch.device(min(works, key=works.__getitem__, default="cpu")), seconds


def _known_or_tried(devices: Sequence[str], progress: Progress) -> dict[str, Seconds]:
    """What the trial told, by kind of work; taken from the user's cache if these devices were tried before."""
    import torch

    names = ", ".join(device_name(torch.device(name)) for name in devices)
    warp = package_version(CARD_PACKAGE)  # without it a card runs the kernels' plain twins
    key = f"{names}; torch {torch.__version__}; warp {warp}; sv3d_engine {__version__}"
    file = user_folder("cache") / "device_trials.json"
    try:
        known = json.loads(file.read_text(encoding="utf-8"))[key]
        return {work: {name: _seconds(known[work][name]) for name in devices} for work in _WORKS}
    except (OSError, ValueError, TypeError, KeyError):
        pass  # not tried yet, or a card's memory was taken then; or another version wrote the file
    tried = try_devices(devices, progress)
    log.info("seconds a step: %s", tried)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, {key: tried})  # and nothing else: what other versions took is of no use
    except OSError as error:
        log.warning("the trial's result cannot be kept: %s", error)
    return tried


def _seconds(kept: Any) -> float | None:
    return None if kept is None else float(kept)


_WORKS = ("field", "mesh")
TRYING = "Trying which processor is faster"
_SECONDS = 2.0  # a device may take for the steps of one kind of work, after the first
# A step has the work of the preset "standard"; only what leads up to the steps is smaller.
_TRIAL = replace(PRESETS["standard"], coarse_steps=6, fine_steps=6, grid_resolution=48)
_VIEWS = 5


class _Slow(Exception):
    """Ends the steps on a device that has been timed for long enough."""


class _Steps(Progress):
    """Times what it is told of; a fit tells of each of its steps."""

    def __init__(self, device: "torch.device", outer: Progress) -> None:
        self._device, self._outer = device, outer
        self._ends: list[float] = []

    def __call__(self, fraction: float, note: str = "") -> None:
        self._outer(0.0, TRYING)
        synchronize(self._device)
        self._ends.append(time.perf_counter())
        if len(self._ends) > 2 and self._ends[-1] - self._ends[0] > _SECONDS:
            raise _Slow

    def seconds(self) -> float:
        """Of a typical step; the first, in which kernels are compiled, does not count."""
        return median(after - before for before, after in pairwise(self._ends))


def try_devices(devices: Sequence[str], progress: Progress) -> dict[str, Seconds]:
    """Seconds a step of each kind of work takes on each device; one whose memory is taken now is left out."""
    import torch

    from ..reconstruction.field.fit import fit_field
    from ..reconstruction.mesh.refine import refine

    progress(0.0, TRYING)
    frames = ball_frames(_TRIAL.fine_size, _VIEWS)
    field = fit_field(frames, replace(_TRIAL, coarse_steps=1), torch.device("cpu"), 0, Progress())
    fits: dict[str, Callable[[torch.device, Progress], object]] = {
        "field": lambda device, steps: fit_field(frames, _TRIAL, device, 0, steps),
        "mesh": lambda device, steps: refine(frames, copy.deepcopy(field), _TRIAL, device, 0, steps),
    }
    seconds: dict[str, Seconds] = {work: {} for work in fits}
    for device in map(torch.device, devices):
        with card_locked(card_key(device), progress):
            for work, fit in fits.items():
                steps = _Steps(device, progress)
                try:
                    fit(device, steps)
                except Cancelled:
                    raise
                except _Slow:
                    pass
                except Exception as error:  # whatever a driver or kernel throws: another device does the job
                    log.exception("%s fails on %s", work, device)
                    if not out_of_memory(error):
                        seconds[work][device.type] = None
                    continue
                seconds[work][device.type] = steps.seconds()
            with suppress(RuntimeError):  # of a device that failed
                release_memory(device)
    return seconds


def ball_frames(size: int, count: int) -> "Frames":
    """A grey ball seen from a ring of cameras, ``size`` pixels along a side."""
    import torch

    from ..orbit.cameras import CameraOrbit, View
    from ..reconstruction.frames.frames import Frames

    x, y = torch.meshgrid(torch.linspace(-1, 1, size), torch.linspace(-1, 1, size), indexing="xy")
    inside = x.square() + y.square() < 0.36
    grey = torch.where(inside, 0.6 - 0.3 * y, torch.ones(()))
    views = tuple(View(f"{i}.png", 20 * math.cos(2 * math.pi * i / count), 360 * i / count) for i in range(count))
    orbit = CameraOrbit(33.8, 2.3, views)
    return Frames(grey[None, :, :, None].repeat(count, 1, 1, 3), inside.float().repeat(count, 1, 1), orbit)
