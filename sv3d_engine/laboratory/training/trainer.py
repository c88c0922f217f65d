"""The loop: batches go in, weights get better, and it can be stopped and go on exactly."""

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from accelerate import Accelerator  # type: ignore[import-untyped]
from torch import Tensor, nn

from ...ground.progress import Cancelled, Progress
from .checkpoints import Checkpoint, Curves
from .config import Looks, Optimiser
from .optimiser import Ema, make_optimiser, trained

_AGREE_EVERY = 10  # steps between asking all processes whether one was told to stop


class Movable(Protocol):
    """A batch: anything that goes to a device."""

    def to(self, device: torch.device) -> Any: ...


def nothing(step: int) -> None:
    """For a stage that shows nothing on its way."""


@dataclass
class Stop:
    """Set from a signal handler, asked by the loop after each step."""

    asked: bool = False


@dataclass(frozen=True)
class Run:
    """What all stages share."""

    accelerator: Accelerator
    looks: Looks
    curves: Curves
    stop: Stop = field(default_factory=Stop)
    compiled: bool = False


def fit(
    run: Run,
    objective: nn.Module,
    batches: Callable[[int], Movable],
    settings: Optimiser,
    checkpoint: Checkpoint,
    progress: Progress,
    look: Callable[[int], None] = nothing,
) -> None:
    """Train ``objective`` in place; at the end it has the averaged weights.

    ``batches`` gives this process's share of a step's batch.  ``objective`` answers it with "loss" and other numbers
    for the curves.  ``look`` is called with the averaged weights in place every ``looks.every`` steps and at the end,
    in the main process.  Goes on from the checkpoint if it has one of this stage; raises Cancelled after writing one
    if it is asked to stop.
    """
    accelerator = run.accelerator
    objective.to(accelerator.device).train()
    ema = Ema(objective, settings.ema)
    parameters = list(trained(objective).values())
    optimiser = make_optimiser(parameters, settings, accelerator.device)
    prepared, stepping = accelerator.prepare(torch.compile(objective) if run.compiled else objective, optimiser)
    # Only now: accelerate would move the optimiser's count of steps to the device, where AdamW waits to read it.
    done = checkpoint.load(objective, ema, optimiser, accelerator.scaler)
    if accelerator.is_main_process:
        run.curves.cut(checkpoint.stage, done)
    seen = _Seen(run, checkpoint.stage)
    with _Ahead(batches) as ahead:
        for step in range(done, settings.steps):
            for group in optimiser.param_groups:
                group["lr"] = settings.rate * rate_share(step, settings)
            told = prepared(ahead(step, settings.steps).to(accelerator.device))
            accelerator.backward(told["loss"])
            norm = accelerator.clip_grad_norm_(parameters, settings.clip)
            stepping.step()
            stepping.zero_grad()
            ema.update(step + 1)
            seen.add({**told, "gradient": norm})
            last = step + 1 == settings.steps
            if last or (step + 1) % run.looks.log == 0:
                note = seen.write(step + 1, optimiser.param_groups[0]["lr"])
                stop = _stopped(progress, (step + 1) / settings.steps, f"Step {step + 1} of {settings.steps}, {note}")
                run.stop.asked |= stop
            stopping = not last and _agreed(run, step)
            if accelerator.is_main_process and (stopping or last or (step + 1) % run.looks.save == 0):
                checkpoint.save(step + 1, objective, ema, optimiser, accelerator.scaler)
            if stopping:
                raise Cancelled
            if accelerator.is_main_process and (last or (step + 1) % run.looks.every == 0):
                with ema.in_place():
                    objective.eval()
                    look(step + 1)
                    objective.train()
    accelerator.wait_for_everyone()
    ema.copy()
    objective.eval()


def rate_share(step: int, settings: Optimiser) -> float:
    """Which share of the learning rate a step has: up linearly, then down along half a cosine."""
    if step < settings.warmup:
        return (step + 1) / settings.warmup
    gone = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    return settings.final_rate + (1 - settings.final_rate) * 0.5 * (1 + math.cos(math.pi * gone))


def _stopped(progress: Progress, fraction: float, note: str) -> bool:
    """Report; whether the one who listens wants an end."""
    try:
        progress(fraction, note)
    except Cancelled:
        return True
    return False


def _agreed(run: Run, step: int) -> bool:
    """Whether any process was asked to stop; the same answer in all of them."""
    if run.accelerator.num_processes == 1:
        return run.stop.asked
    if (step + 1) % _AGREE_EVERY:
        return False
    asked = torch.tensor(float(run.stop.asked), device=run.accelerator.device)
    return bool(run.accelerator.reduce(asked, "sum") > 0)


class _Seen:
    """Numbers since the last line of the curves; they stay on the device until then."""

    def __init__(self, run: Run, stage: str) -> None:
        self._run, self._stage = run, stage
        self._sums: dict[str, Tensor] = {}
        self._count, self._since = 0, time.perf_counter()

    def add(self, told: dict[str, Any]) -> None:
        for name, value in told.items():
            self._sums[name] = self._sums.get(name, 0.0) + value.detach()
        self._count += 1

    def write(self, step: int, rate: float) -> str:
        """Write means over all processes and start anew; the loss in words."""
        now = time.perf_counter()
        accelerator = self._run.accelerator
        means = {k: float(accelerator.reduce(v / self._count, "mean")) for k, v in self._sums.items()}
        seconds = (now - self._since) / self._count
        if accelerator.is_main_process:
            self._run.curves.add(self._stage, step, **means, rate=rate, seconds=seconds)
        self._sums, self._count, self._since = {}, 0, now
        return f"loss {means['loss']:.4f}"


class _Ahead:
    """Makes the next batch while the device is at work on this one."""

    def __init__(self, batches: Callable[[int], Movable]) -> None:
        self._batches = batches
        self._thread = ThreadPoolExecutor(1)
        self._next: Any = None

    def __enter__(self) -> "_Ahead":
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)

    def __call__(self, step: int, steps: int) -> Movable:
        batch: Movable = self._batches(step) if self._next is None else self._next.result()
        self._next = self._thread.submit(self._batches, step + 1) if step + 1 < steps else None
        return batch
