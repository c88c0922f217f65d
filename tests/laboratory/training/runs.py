"""Small trainings for tests."""

from dataclasses import replace
from pathlib import Path

from accelerate import Accelerator

from sv3d_engine.laboratory.training.checkpoints import Curves
from sv3d_engine.laboratory.training.config import Config, Looks, Optimiser, read_config
from sv3d_engine.laboratory.training.trainer import Run, Stop


def tiny(**changes) -> Config:
    """The smallest config, with changes to its fields."""
    return replace(read_config("tiny"), **changes)


def steps(config: Config, count: int) -> Config:
    """The same with ``count`` steps in each stage, the autoencoder's too."""
    stages = tuple(replace(s, optimiser=replace(s.optimiser, steps=count)) for s in config.stages)
    trained = replace(config.autoencoder, optimiser=replace(config.autoencoder.optimiser, steps=count))
    return replace(config, stages=stages, autoencoder=trained)


def run_on_cpu(curves: Path | None = None, looks: Looks | None = None, stop: Stop | None = None) -> Run:
    """A run of this process alone."""
    return Run(Accelerator(cpu=True), looks or Looks(log=1, every=1000, save=1000), Curves(curves), stop or Stop())


def optimiser(**changes) -> Optimiser:
    return replace(Optimiser(steps=4, batch=2, rate=1e-3, warmup=1), **changes)
