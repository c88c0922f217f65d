"""``python -m sv3d_engine train``: the command, its signals and what it shows."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from accelerate import Accelerator  # type: ignore[import-untyped]

from ...ground.device import check_device, resolve_device
from ...ground.files import write_json
from ...ground.progress import Cancelled, Progress
from ...job.terminal import TerminalProgress
from ...shared import protocol
from ...shared.errors import UserError
from .checkpoints import Curves
from .config import Config, read_config
from .orbit_shards import Source, from_dataset
from .trainer import Run, Stop
from .training_stages import Job, train

_INTERRUPTED = 130  # what shells call a program ended by Ctrl-C
_MIXED = {"float32": "no", "bfloat16": "bf16", "float16": "fp16"}


def command(arguments: argparse.Namespace) -> int:
    """Run ``train``; the exit status: 0, or 130 after Ctrl-C.  Raises UserError."""
    out = Path(arguments.out).absolute()
    orbits = Path(arguments.orbits).absolute() if arguments.orbits else out / "orbits"
    config = read_config(arguments.config)
    stop = Stop()
    with _interrupts(stop):
        try:
            file = start(config, out, orbits, arguments.device, arguments.resume, stop)
        except Cancelled:
            print("\nStopped. The same command with --resume goes on exactly from here.", file=sys.stderr)
            return _INTERRUPTED
    print(f"Done: {file}")
    return 0


def start(
    config: Config,
    out: Path,
    orbits: Path,
    device: str = "auto",
    resume: bool = False,
    stop: Stop | None = None,
    source: Source = from_dataset,
) -> Path:
    """Train in this process, which may be one of several; the model's file.  Raises UserError, Cancelled."""
    stop = stop or Stop()
    accelerator = make_accelerator(config, device)
    _check_shares(config, accelerator.num_processes)
    if accelerator.is_main_process:
        _check_folder(config, out, resume)
    accelerator.wait_for_everyone()
    main = accelerator.is_main_process
    run = Run(accelerator, config.looks, Curves(out / "curves.jsonl" if main else None), stop, config.compile)
    terminal = TerminalProgress(sys.stderr)
    try:
        return train(Job(config, run, out, orbits, source), lambda *title: Telling(terminal, stop, main, *title))
    finally:
        terminal.close()


def make_accelerator(config: Config, device: str) -> Accelerator:
    """This process's part of the machines it runs on.  Raises UserError."""
    check_device(device)
    on_cpu = resolve_device(device).type == "cpu"
    if on_cpu and config.precision == "float16":
        raise UserError("float16 cannot be trained on the CPU.", "Set precision to float32 or bfloat16.")
    return Accelerator(cpu=on_cpu, mixed_precision=_MIXED[config.precision])


def _check_shares(config: Config, processes: int) -> None:
    """Every process has the same part of every batch."""
    batches = [stage.optimiser.batch for stage in config.stages]
    for batch in [*batches, config.autoencoder.optimiser.batch] if config.autoencoder else batches:
        if batch % processes:
            raise UserError(
                f"{processes} processes cannot share a batch of {batch}.",
                "Change the number of either, so that one divides the other.",
            )


def _check_folder(config: Config, out: Path, resume: bool) -> None:
    """A run's folder holds its config, and is only gone on with by the same one; but for usage, which is no matter of
    learning.
    """
    path, told = out / "config.json", json.loads(json.dumps(asdict(config)))
    if path.exists():
        if not resume:
            raise UserError(f"{out} holds a training already.", "Add --resume to go on with it, or give another --out.")
        if {**json.loads(path.read_text(encoding="utf-8")), "usage": told["usage"]} != told:
            raise UserError(
                f"The training in {out} was started with another config.", "Use that one, or give another --out."
            )
    out.mkdir(parents=True, exist_ok=True)
    write_json(path, told)


class Telling(Progress):
    """A stage's progress on the terminal, with the time left for it; raises Cancelled once a stop was asked for."""

    def __init__(self, terminal: TerminalProgress, stop: Stop, shown: bool, title: str, place: int, count: int) -> None:
        self._terminal, self._stop, self._shown = terminal, stop, shown
        self._stage = protocol.Stage("train", title, f"{place} of {count}, {title}", 0.0, 0.0, None)
        self._began: tuple[float, float] | None = None  # time and fraction of the first word

    def __call__(self, fraction: float, note: str = "") -> None:
        now = time.monotonic()
        self._began = self._began or (now, fraction)
        gone, made = now - self._began[0], fraction - self._began[1]
        left = gone * (1 - fraction) / made if made > 0 else None
        if self._shown:
            self._terminal.show(
                replace(self._stage, fraction=fraction, job_fraction=fraction, seconds_left=left, note=note)
            )
        if self._stop.asked:
            raise Cancelled


class _interrupts:  # noqa: N801 – reads as a verb
    """Ctrl-C asks for a stop after the step; a second one ends the program at once."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._before: Callable[[int, Any], Any] | int | None = None

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGINT, self._asked)

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _asked(self, *_: object) -> None:
        if self._stop.asked:
            raise KeyboardInterrupt
        self._stop.asked = True
