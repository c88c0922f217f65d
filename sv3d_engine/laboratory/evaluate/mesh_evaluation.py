"""The mesh stage against a benchmark of known objects: ``python -m sv3d_engine evaluate mesh``.

Objects are folders with mesh.glb, cameras.json and orbit frames beside the benchmark's own evaluate.py.  In OUT:
figures.md and figures.json, written anew after every object; seedN/NAME.json, the figures of one object, which a
later run keeps if code, settings and object are still the same; seedN/NAME, the job, and pictures of it beside;
sheet.png, all objects from several sides; source, the engine that did it.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from ...ground.files import write_json
from ...ground.processes import shared_threads
from ...ground.settings import PRESETS
from ...shared.errors import UserError
from .mesh_sheet import stacked
from .mesh_tables import (
    OBJECT_FIGURES,
    Figures,
    Scores,
    beside_hull,
    objects_table,
    real_table,
    stages_table,
)
from .reconstruction import REAL_ORBITS, Task, as_json
from .relight import SCENE as RELIT_SCENE

PACKAGE = Path(__file__).parents[2]
# What a mesh, its figures and its pictures depend on; SV3D is not of it, as orbits are given.
CODE = (
    "shared",
    "ground",
    "orbit",
    "models",
    "picture",
    "reconstruction",
    "job",
    "laboratory/dataset",
    "laboratory/evaluate",
)

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Failure:
    """A task that came to no figures."""

    name: str
    seed: int
    reason: str


def evaluate_mesh(arguments: argparse.Namespace, tell: Tell = lambda text: None) -> tuple[str, bool]:
    """Do as the command says (``laboratory/commands.py``): the tables, and whether every object was scored."""
    bench, out = Path(arguments.bench).absolute(), Path(arguments.out).absolute()
    objects = [bench / name for name in arguments.objects or known_objects(bench)]
    real = [bench / REAL_ORBITS / name for name in real_orbits(bench, arguments.real)]
    _check(bench, [*objects, *real], arguments.jobs)
    without = parse_without(arguments.without)
    tasks = _tasks(arguments, [*objects, *real], out)
    hulls = read_hulls(bench)
    out.mkdir(parents=True, exist_ok=True)

    kept = [task for task in tasks if task.done()]
    if not arguments.bpy_python:
        tell("The relighting figure is left out: --bpy-python gives a Python with Blender")
    tell(f"{len(kept)} of {len(tasks)} are kept from an earlier run")
    failures: list[Failure] = []
    text = write_figures(tasks, failures, hulls, without, out)
    for task, failure in perform_all([t for t in tasks if t not in kept], arguments.jobs, out / "source"):
        if failure:
            failures.append(failure)
        tell(f"{task.name}, seed {task.seed}: {failure.reason.splitlines()[0] if failure else 'scored'}")
        text = write_figures(tasks, failures, hulls, without, out)
    shown = [task for task in tasks if task.seed == arguments.seeds[0] and "scores" in task.found()]
    if sheets := [task.sheet for task in shown if task.sheet.is_file()]:
        stacked(sheets).save(out / "sheet.png")
    return text, not failures


def known_objects(bench: Path) -> list[str]:
    """Names of the folders of objects with a known surface, in lexical order."""
    return sorted(f.parent.name for f in bench.glob("*/mesh.glb") if (f.parent / "cameras.json").is_file())


def real_orbits(bench: Path, asked: Sequence[str] | None) -> list[str]:
    """The real orbits asked for; without a word all that are there."""
    if asked is not None:
        return list(asked)
    return sorted(f.parent.name for f in (bench / REAL_ORBITS).glob("*/000.png"))


def read_hulls(bench: Path) -> dict[str, Scores]:
    """The visual hulls' figures by object, if the benchmark has them."""
    path = bench / "hulls.json"
    hulls: dict[str, Scores] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return hulls


def parse_settings(asked: Iterable[str], preset: str) -> dict[str, Any]:
    """``name=value`` of the preset's settings, each in that setting's own type.  Raises UserError."""
    known = {f.name: getattr(PRESETS[preset], f.name) for f in fields(PRESETS[preset])}
    values: dict[str, Any] = {}
    for item in asked:
        name, _, text = item.partition("=")
        if name not in known or name == "preset":
            raise UserError(f"There is no setting “{name}”.", f"Choose from {', '.join(known)}.")
        kind = type(known[name])
        try:
            value = text if kind is str else json.loads(text)
        except ValueError:
            value = None
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise UserError(f"“{item}” does not fit.", f"In preset {preset} it is {name}={known[name]}.")
        values[name] = kind(value)
    return values


def parse_without(asked: Iterable[str]) -> dict[str, list[str]]:
    """``figure=object,object``: means that leave these objects out.  Raises UserError."""
    found = {}
    for item in asked:
        figure, _, names = item.partition("=")
        if figure not in OBJECT_FIGURES or not names:
            raise UserError(
                f"“{item}” leaves nothing out.", f"Write FIGURE=OBJECT,OBJECT; figures: {', '.join(OBJECT_FIGURES)}."
            )
        found[figure] = names.split(",")
    return found


def perform_all(tasks: Sequence[Task], jobs: int, source: Path) -> Iterable[tuple[Task, Failure | None]]:
    """Each task in a process of its own, ``jobs`` at once, which share the threads; yielded as they end."""
    if not tasks:
        return
    copy_engine(source)
    with ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(perform_apart, task, jobs, source): task for task in tasks}
        try:
            for future in as_completed(running):
                yield running[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def copy_engine(source: Path) -> None:
    """A copy to evaluate: a run takes long, and all of it is of one and the same code, whatever is edited meanwhile."""
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(PACKAGE, source / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__", "sv3d_mini"))
    scene = source / RELIT_SCENE.relative_to(PACKAGE.parent)
    scene.parent.mkdir()
    shutil.copyfile(RELIT_SCENE, scene)


def perform_apart(task: Task, jobs: int, source: Path) -> Failure | None:
    """Perform a task in a process of its own, by the engine in ``source``."""
    environment = {**os.environ, **shared_threads(jobs)}
    module = f"{PACKAGE.name}.laboratory.evaluate.reconstruction"
    command = [sys.executable, "-m", module, as_json(task)]
    ended = subprocess.run(command, env=environment, cwd=source, check=False)  # -m looks there first
    if task.done():
        return None
    reason = task.found().get("error", f"The process ended with code {ended.returncode}.")
    return Failure(task.name, task.seed, reason)


def write_figures(
    tasks: Sequence[Task],
    failures: Sequence[Failure],
    hulls: Mapping[str, Scores],
    without: Mapping[str, Sequence[str]],
    out: Path,
) -> str:
    """Write OUT/figures.md and figures.json from what is scored by now; returns the former."""
    objects, real = (collect(task for task in tasks if task.real == kind) for kind in (False, True))
    tables = [objects_table(objects, hulls, without), real_table(real), stages_table([*objects, *real])]
    parts = [*tables, beside_hull(objects, hulls)]
    parts += [f"**{f.name}, seed {f.seed}, failed**: {f.reason}\n" for f in failures]
    text = "\n".join(part for part in parts if part)
    (out / "figures.md").write_text(text, encoding="utf-8")
    figures = {
        f.name: {"scores": f.mean, "by_seed": f.scores, "reports": f.reports, "hull": hulls.get(f.name)}
        for f in [*objects, *real]
    }
    write_json(out / "figures.json", figures)
    return text


def collect(tasks: Iterable[Task]) -> list[Figures]:
    """What finished tasks found, by object in the order of the tasks."""
    scores: dict[str, dict[int, Scores]] = {}
    reports: dict[str, dict[int, Mapping[str, Any]]] = {}
    for task in tasks:
        found = task.found()
        if "scores" in found:
            scores.setdefault(task.name, {})[task.seed] = found["scores"]
            reports.setdefault(task.name, {})[task.seed] = found["report"]
    return [Figures(name, scores[name], reports[name]) for name in scores]


def _tasks(arguments: argparse.Namespace, sources: Sequence[Path], out: Path) -> list[Task]:
    """All that is asked for, seed after seed, each with its fingerprint."""
    settings = parse_settings(arguments.set, arguments.preset)
    evaluator = _program(arguments.evaluator_python)
    bpy = _program(arguments.bpy_python) if arguments.bpy_python else ""
    tasks = [
        Task(
            source=str(source),
            out=str(out / f"seed{seed}"),
            seed=seed,
            preset=arguments.preset,
            settings=settings,
            device=arguments.device,
            evaluator=evaluator,
            bpy=bpy,
            hidden=arguments.hidden,
            truths=str(Path(arguments.relit or out / "relit").absolute()),
        )
        for seed in arguments.seeds
        for source in sources
    ]
    code = _digest([*sorted(f for folder in CODE for f in (PACKAGE / folder).rglob("*.py")), RELIT_SCENE])
    inputs = {source: _digest([*_files(source), source.parent / "evaluate.py"]) for source in sources}
    return [replace(task, fingerprint=_fingerprint(task, code, inputs[Path(task.source)])) for task in tasks]


def _program(name: str) -> str:
    """An absolute path, for processes with a working folder of their own.  Raises UserError."""
    found = shutil.which(name)
    if found is None:
        raise UserError(f"{name} is no program.", "Give the path of a Python.")
    return str(Path(found).absolute())


def _fingerprint(task: Task, code: str, inputs: str) -> str:
    said = json.dumps([code, inputs, task.seed, task.preset, task.settings, task.device, task.hidden], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        if file.is_file():
            digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _check(bench: Path, sources: Sequence[Path], jobs: int) -> None:
    if jobs < 1:
        raise UserError(f"{jobs} objects at once are none.", "Give 1 or more with --jobs.")
    missing = [source.name for source in sources if not source.is_dir()]
    if missing:
        raise UserError(f"{bench} has no {', '.join(missing)}.", f"Choose from {', '.join(known_objects(bench))}.")
    if not sources:
        raise UserError(
            f"There is no object in {bench}.", "Give the folder whose folders hold mesh.glb and cameras.json."
        )
