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
from dataclasses import dataclass, field, replace
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
from ..shared import nvidia
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
Seconds = dict[str, float]  # a step's, by device name


@dataclass
class Trial:
    """What one kind of work took on each device; a device whose memory was taken is in neither."""

    seconds: Seconds = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)  # an error's first line, by device name


MEMORY_NOTE = "The graphics card's memory was too small for this mesh, so the processor made it."
FAILURE_NOTE = "The graphics card failed in a short trial, so the processor makes the mesh: "


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

        device, trial = faster_device(job.device_name, work, progress)
        told: Facts = {"device_seconds": trial.seconds} if trial.seconds else {}
        notes = [FAILURE_NOTE + line for name, line in trial.failures.items() if name != "cpu"]

        def done(facts: Facts, device: torch.device) -> Facts:
            return {**facts, "device": device.type, **told, "notes": [*facts.get("notes", ()), *notes]}

        try:
            with card_locked(card_key(device), progress):
                return done(run(job, out, progress, device), device)
        except (MemoryError, RuntimeError) as error:
            if device.type == "cpu" or not out_of_memory(error):
                raise
            log.warning("the card's memory ran out; the processor does the stage: %s", error)
        # Not in the handler: only now has the error let go of the tensors.
        release_memory(device)
        progress.restarted()
        progress(0.0, "The graphics card's memory is too small; the processor takes over")
        notes.append(MEMORY_NOTE)
        cpu = torch.device("cpu")
        return done(run(job, out, progress, cpu), cpu)

    return stage


def faster_device(asked: str, work: str, progress: Progress) -> tuple["torch.device", Trial]:
    """The device, and what the trial told; an empty one where there was no choice."""
    import torch

    devices = available_devices()
    if asked != "auto" or len(devices) == 1:
        return resolve_device(asked), Trial()
    trial = _known_or_tried(devices, progress)[work]
    return torch.device(min(trial.seconds, key=trial.seconds.__getitem__, default="cpu")), trial


_known: dict[str, dict[str, Trial]] = {}  # in this process, by what a trial depends on


def _known_or_tried(devices: Sequence[str], progress: Progress) -> dict[str, Trial]:
    """What the trial told, by kind of work.

    This process repeats none; the user's cache keeps those in which every device did all work.
    """
    key = _circumstances(devices)
    if key not in _known:
        file = user_folder("cache") / "device_trials.json"
        _known[key] = _read(file, key, devices) or _tried(file, key, devices, progress)
    return _known[key]


def _circumstances(devices: Sequence[str]) -> str:
    """All that a trial depends on: the processors, whose kernels they run, the driver and the versions."""
    import torch

    told = [f"{device_name(device)} with {kernels_on(device)}" for device in map(torch.device, devices)]
    if "cuda" in devices and (driver := nvidia.find_driver()):
        told.append(f"driver {driver.release}")
    return "; ".join([*told, f"torch {torch.__version__}", f"sv3d_engine {__version__}"])


def kernels_on(device: "torch.device") -> str:
    """Whose kernels work on a device: numba's on the processor; on a card warp's if they run there, else the twins."""
    import torch

    from ..ground.warp_kernels import use_warp

    if device.type == "cpu":
        return "numba's kernels"
    warp = use_warp(torch.zeros(1, device=device))
    return f"the kernels of warp {package_version(CARD_PACKAGE)}" if warp else "the kernels' plain twins"


def _read(file: Path, key: str, devices: Sequence[str]) -> dict[str, Trial]:
    """What was kept; empty if nothing was, or nothing that can be read."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))[key]
        return {work: Trial({name: float(kept[work][name]) for name in devices}) for work in _WORKS}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _tried(file: Path, key: str, devices: Sequence[str], progress: Progress) -> dict[str, Trial]:
    """Try the devices, and keep the result if it is complete: memory that was taken may be free next time."""
    trials = try_devices(devices, progress)
    log.info("seconds a step: %s", trials)
    if all(trial.seconds.keys() == set(devices) for trial in trials.values()):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            # And nothing else: what other versions took is of no use.
            write_json(file, {key: {work: trial.seconds for work, trial in trials.items()}})
        except OSError as error:
            log.warning("the trial's result cannot be kept: %s", error)
    return trials


_WORKS = ("field", "mesh")
TRYING = "Trying which processor is faster"
_SECONDS = 2.0  # a device may take for the steps of one kind of work, after the first
# A step has the work of the preset "standard"; only what leads up to the steps is smaller.
_TRIAL = replace(PRESETS["standard"], coarse_steps=6, fine_steps=6, grid_resolution=48)
_VIEWS = 5


class _Slow(Exception):
    """Ends the steps on a device that has been timed for long enough."""


class _Steps(Progress):
    """Times what it is told of without a note; a fit tells so of each of its steps, and of nothing else."""

    def __init__(self, device: "torch.device", outer: Progress) -> None:
        self._device, self._outer = device, outer
        self._ends: list[float] = []

    def __call__(self, fraction: float, note: str = "") -> None:
        self._outer(0.0, TRYING)
        if note:
            return
        synchronize(self._device)
        self._ends.append(time.perf_counter())
        if len(self._ends) > 2 and self._ends[-1] - self._ends[0] > _SECONDS:
            raise _Slow

    def seconds(self) -> float:
        """Of a typical step; the first, in which kernels are compiled, does not count."""
        return median(after - before for before, after in pairwise(self._ends))


def try_devices(devices: Sequence[str], progress: Progress) -> dict[str, Trial]:
    """Time a few steps of each kind of work on each device."""
    import torch

    from ..reconstruction.field.fit import fit_field
    from ..reconstruction.mesh.refine import refine

    progress(0.0, TRYING)
    frames = ball_frames(_TRIAL.fine_size, _VIEWS)
    coarse, _ = fit_field(frames, replace(_TRIAL, coarse_steps=1), torch.device("cpu"), 0, Progress())
    fits: dict[str, Callable[[torch.device, Progress], object]] = {
        "field": lambda device, steps: fit_field(frames, _TRIAL, device, 0, steps),
        "mesh": lambda device, steps: refine(frames, copy.deepcopy(coarse), _TRIAL, device, 0, steps),
    }
    trials = {work: Trial() for work in fits}
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
                        trials[work].failures[device.type] = f"{type(error).__name__}: {error}".partition("\n")[0]
                    continue
                trials[work].seconds[device.type] = steps.seconds()
            with suppress(RuntimeError):  # of a device that failed
                release_memory(device)
    return trials


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
