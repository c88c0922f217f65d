"""How well SV3D tells an object's other sides: ``python -m sv3d_engine evaluate nvs``."""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ...ground.device import device_name, resolve_device
from ...ground.files import write_json
from ...reconstruction.perceptual import LEAST
from ...shared.errors import UserError
from ...shared.model_facts import model_file
from ...shared.protocol import MOST_GUIDANCE
from ...sv3d.generation.make_orbit import OrbitSettings
from ...sv3d.generation.precision import name_of
from ...sv3d.network.weights import inspect
from ..dataset.generator import GENERATION
from .likeness import LPIPS_MISSING, TRUNK, Judge, embedding_judge, lpips_judge
from .model_orbits import models
from .nvs_figures import CLIP_S, LPIPS, OWN_TOWER, TITLES, Figures, figures
from .nvs_orbits import KINDS, KnownOrbit, OrbitSampler, benchmark, generated, mean_frames
from .nvs_plot import plot
from .nvs_report import MEAN, PICTURE, Evaluated, Pair, as_data, as_text, panels, paper_form, sheet, summary

_SHOWN = 4  # orbits of a set on the sheet

Tell = Callable[[str], None]


class Evaluation:
    """Sampling orbits and measuring them, set by set."""

    def __init__(self, sampler: OrbitSampler, batch: int, training_orbits: int, out: Path, tell: Tell) -> None:
        self._judges: dict[str, Judge] = {CLIP_S if sampler.has_clip else OWN_TOWER: embedding_judge(sampler.embed)}
        lpips = lpips_judge(sampler.device) if sampler.frame_size >= LEAST[TRUNK] else None
        self.has_lpips = lpips is not None
        self._judges |= {LPIPS: lpips} if lpips else {}
        self._sampler, self._batch, self._tell = sampler, batch, tell
        self._training_orbits, self._out = training_orbits, out
        self.pairs: list[Pair] = []  # for the sheet
        self.orbits, self.seconds = 0, 0.0  # that were sampled, and how long that took

    def evaluate(self, title: str, kind: str, orbits: Iterable[KnownOrbit]) -> Evaluated | None:
        """The figures of a set of orbits of one kind, static or dynamic; None if there are none."""
        self._tell(f"Mean of {self._training_orbits} {kind} training orbits")
        mean = mean_frames(self._training_orbits, kind, self._sampler.frame_size, self._out)
        predictors: dict[str, list[Figures]] = {name: [] for name in (self._sampler.name, PICTURE, MEAN)}
        names: list[str] = []
        for batch in batches(orbits, self._batch):
            started = time.perf_counter()
            made = self._sampler(batch)
            self.seconds += time.perf_counter() - started
            for orbit, frames in zip(batch, made, strict=True):
                if len(names) < _SHOWN:
                    self.pairs.append(Pair(title, orbit, frames))
                names.append(orbit.name)
                guesses = (frames / np.float32(255), np.broadcast_to(orbit.truth[-1], mean.shape), mean)
                for found, guess in zip(predictors.values(), guesses, strict=True):
                    found.append(figures(guess, orbit.truth, orbit.poses, self._judges))
            self._tell(f"{title}: {len(names)} orbits")
        self.orbits += len(names)
        if not names:
            return None
        return Evaluated(title, names, {name: _stacked(found) for name, found in predictors.items()}, kind)


def evaluate_nvs(arguments: argparse.Namespace, tell: Tell = lambda text: None) -> str:
    """Do as the command says (``laboratory/evaluate_commands.py``): write into ``out``; returns the table of means.

    Raises UserError.  SV3D_u, which takes no orbit, is tried on static ones alone.
    """
    _check(arguments)
    device = resolve_device(arguments.device)
    weights = model_file(arguments.model)
    usage = inspect(weights).usage.chosen(
        arguments.sampler, arguments.steps, arguments.guidance_scale, arguments.camera_guidance
    )
    settings = OrbitSettings(
        **asdict(usage), guidance=arguments.guidance, memory=arguments.memory, precision=arguments.precision
    )
    tell("Loading SV3D")
    sampler = OrbitSampler(weights, settings, device, arguments.seed)
    batch, out = arguments.batch or sampler.batch, Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    evaluation = Evaluation(sampler, batch, arguments.training_orbits, out, tell)
    kinds = KINDS if sampler.variant == "p" else KINDS[:1]
    asked: list[tuple[str, str, Iterable[KnownOrbit]]] = []
    if arguments.count:
        held_out = f"{arguments.count} generated ({arguments.split})"
        asked += [
            (f"{held_out}, {kind}", kind, generated(arguments.split, arguments.count, kind, sampler.frame_size))
            for kind in kinds
        ]
    size = sampler.frame_size
    if arguments.models:
        folder = Path(arguments.models).resolve()
        for kind in kinds:
            some = islice(models(folder, kind, size), arguments.most)
            asked.append((f"models in {folder.name}, {kind}", kind, some))
    if arguments.bench:
        bench, names = Path(arguments.bench), arguments.objects
        asked += [(f"benchmark, {kind}", kind, benchmark(bench, kind, size, names)) for kind in kinds]
    sets = [found for title, kind, orbits in asked if (found := evaluation.evaluate(title, kind, orbits)) is not None]
    if not sets:
        raise UserError("There is no orbit to evaluate.", "Give models, or orbits that these weights can make.")
    facts: dict[str, Any] = {
        "model": sampler.name,
        "variant": sampler.variant,
        "frame_size": sampler.frame_size,
        **asdict(settings),
        "steps": sampler.steps,
        "precision": name_of(sampler.dtype),
        "seed": arguments.seed,
        "generation": GENERATION,
        "training_orbits": arguments.training_orbits,
        "device": device_name(device),
        "batch": batch,
        "benchmark": bool(arguments.bench),
        "models": bool(arguments.models),
        "lpips": evaluation.has_lpips,
        "clip": sampler.has_clip,
        "seconds_per_orbit": evaluation.seconds / evaluation.orbits,
    }
    write_json(out / "nvs.json", as_data(facts, sets))
    (out / "nvs.md").write_text(as_text(facts, sets), encoding="utf-8")
    for key, curves in panels(sets).items():
        (out / f"{key}.svg").write_text(plot(curves, "frame", TITLES[key]), encoding="utf-8")
    sheet(evaluation.pairs).save(out / "sheet.png")
    took = f"{facts['seconds_per_orbit']:.2f} s an orbit"
    lacking = "" if evaluation.has_lpips else f"{LPIPS_MISSING}\n"
    tables = f"{summary(sets)}\n{paper_form(sets)}{lacking}"
    return f"{tables}\n{took}.  In {out}: nvs.md, nvs.json, sheet.png, and curves: psnr.svg and others\n"


def batches(orbits: Iterable[KnownOrbit], size: int) -> Iterator[list[KnownOrbit]]:
    """Orbits in lists of ``size``, the last perhaps shorter."""
    every = iter(orbits)
    while batch := list(islice(every, size)):
        yield batch


def _stacked(found: list[Figures]) -> Figures:
    return {key: np.stack([values[key] for values in found]) for key in found[0]}


def _check(arguments: argparse.Namespace) -> None:
    strengths = arguments.guidance_scale, arguments.camera_guidance
    if any(value is not None and not 0 <= value <= MOST_GUIDANCE for value in strengths):
        raise UserError("This strength of guidance is not usable.", f"Choose from 0 to {MOST_GUIDANCE:g}.")
    fits = arguments.count >= 0 and arguments.training_orbits > 0
    fits = fits and all(value is None or value > 0 for value in (arguments.steps, arguments.batch))
    if not fits or not (arguments.count or arguments.bench or arguments.models):
        raise UserError("These numbers make no evaluation.", "Give at least one object, one step, one training orbit.")
