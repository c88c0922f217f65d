"""The mesh stage against a benchmark of known objects: ``python -m sv3d_engine evaluate mesh``.

Objects are folders with mesh.glb, cameras.json and orbit frames.  In OUT:
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
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ...ground.files import write_json
from ...ground.processes import shared_threads
from ...shared.errors import UserError
from .given_settings import parse_settings
from .likeness import LPIPS_MISSING
from .mesh_scoring import FLAT
from .mesh_sheet import stacked
from .mesh_tables import (
    OBJECT_FIGURES,
    Figures,
    Scores,
    agreement_table,
    beside_hull,
    objects_table,
    pictures_table,
    real_table,
    stages_table,
)
from .nvs_figures import LPIPS
from .paper_tables import mesh_lines, meshes_table
from .reconstruction import BENCHMARK, REAL_ORBITS, Task, as_json
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

# Of these folders, what only shows figures that are there, or makes others: a word changed in it redoes no mesh.
LATER = {
    *("ablation", "mesh_evaluation", "mesh_tables", "paper_tables", "novel_views", "nvs_orbits", "nvs_report"),
    *("nvs_plot", "model_orbits", "camera_figures", "field_cases", "frame_figures", "light_figures"),
    *("full_checkpoint", "scene_evaluation"),
}

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Failure:
    """A task that came to no figures."""

    name: str
    seed: int
    reason: str


def evaluate_mesh(arguments: argparse.Namespace, tell: Tell = lambda text: None) -> tuple[str, bool]:
    """Do as the command says (``laboratory/evaluate_commands.py``): the tables, and whether every object was scored."""
    out, sources = Path(arguments.out).absolute(), given_sources(arguments)
    check_sources(sources, arguments.jobs)
    without = parse_without(arguments.without)
    tasks = make_tasks(arguments, sources, parse_settings(arguments.set, arguments.preset), out)
    hulls = read_hulls(sources)
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


def given_sources(arguments: argparse.Namespace) -> list[Path]:
    """Folders of the objects and real orbits asked for.  Raises UserError if there is none."""
    folders = [Path(folder).absolute() for folder in arguments.folders]
    if not arguments.bench:
        if not folders:
            raise UserError("No object is named.", "Give folders of objects, or a benchmark with --bench DIR.")
        return folders
    bench = Path(arguments.bench).absolute()
    names = arguments.objects or (() if folders else known_objects(bench))
    real = () if folders and arguments.real is None else real_orbits(bench, arguments.real)
    sources = [*folders, *(bench / name for name in names), *(bench / REAL_ORBITS / name for name in real)]
    missing = [source.name for source in sources if not source.is_dir()]
    if missing:
        raise UserError(f"{bench} has no {', '.join(missing)}.", f"Choose from {', '.join(known_objects(bench))}.")
    if not sources:
        raise UserError(
            f"There is no object in {bench}.", "Give the folder whose folders hold mesh.glb and cameras.json."
        )
    return sources


def known_objects(bench: Path) -> list[str]:
    """Names of the folders of objects with a known surface, in lexical order."""
    return sorted(f.parent.name for f in bench.glob("*/mesh.glb") if (f.parent / "cameras.json").is_file())


def real_orbits(bench: Path, asked: Sequence[str] | None) -> list[str]:
    """The real orbits asked for; without a word all that are there."""
    if asked is not None:
        return list(asked)
    return sorted(f.parent.name for f in (bench / REAL_ORBITS).glob("*/000.png"))


def read_hulls(sources: Iterable[Path]) -> dict[str, Scores]:
    """The visual hulls' figures by object, where a benchmark has them."""
    hulls: dict[str, Scores] = {}
    for path in {source.parent / "hulls.json" for source in sources}:
        hulls |= json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return hulls


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
    method = f"this project, {tasks[0].preset}, true frames" if tasks else ""
    pairs = [(f"{t.name}, seed {t.seed}", f["scores"], f[BENCHMARK]) for t in tasks if BENCHMARK in (f := t.found())]
    tables = [objects_table(objects, hulls, without), real_table(real), stages_table([*objects, *real])]
    parts = [*tables, beside_hull(objects, hulls), pictures_table(objects), meshes_table(objects, method)]
    parts.append(agreement_table(pairs))
    parts += [] if any(FLAT + LPIPS in o.mean for o in objects) or not objects else [f"{LPIPS_MISSING}\n"]
    parts += [f"**{f.name}, seed {f.seed}, failed**: {f.reason}\n" for f in failures]
    text = "\n".join(part for part in parts if part)
    (out / "figures.md").write_text(text, encoding="utf-8")
    figures = {
        f.name: {"scores": f.mean, "by_seed": f.scores, "reports": f.reports, "hull": hulls.get(f.name)}
        for f in [*objects, *real]
    }
    write_json(out / "paper.json", [asdict(line) for line in mesh_lines(objects, method)])
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


def make_tasks(
    arguments: argparse.Namespace, sources: Sequence[Path], settings: Mapping[str, Any], out: Path, **more: Any
) -> list[Task]:
    """All that is asked for, seed after seed, each with its fingerprint; ``more`` as ``Task`` has it."""
    evaluator = _program(arguments.evaluator_python) if arguments.evaluator_python else ""
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
            **more,
            truths=str(Path(arguments.relit or out / "relit").absolute()),
        )
        for seed in arguments.seeds
        for source in sources
    ]
    files = sorted(f for folder in CODE for f in (PACKAGE / folder).rglob("*.py") if f.stem not in LATER)
    code = _digest([*files, RELIT_SCENE])
    inputs = {source: _digest([*_files(source), source.parent / "evaluate.py"]) for source in sources}
    return [replace(task, fingerprint=_fingerprint(task, code, inputs[Path(task.source)])) for task in tasks]


def _program(name: str) -> str:
    """An absolute path, for processes with a working folder of their own.  Raises UserError."""
    found = shutil.which(name)
    if found is None:
        raise UserError(f"{name} is no program.", "Give the path of a Python.")
    return str(Path(found).absolute())


def _fingerprint(task: Task, code: str, inputs: str) -> str:
    how = [task.seed, task.preset, task.settings, task.device, task.hidden, task.orbit, task.asked]
    said = json.dumps([code, inputs, *how], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        if file.is_file():
            digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def check_sources(sources: Sequence[Path], jobs: int) -> None:
    """Raises UserError for what cannot be evaluated."""
    if jobs < 1:
        raise UserError(f"{jobs} objects at once are none.", "Give 1 or more with --jobs.")
    lacking = [s for s in sources if s.parent.name != REAL_ORBITS and not (s / "cameras.json").is_file()]
    if lacking:
        raise UserError(f"{lacking[0]} is no known object.", "It has to hold mesh.glb, cameras.json and orbit frames.")
    names = [source.name for source in sources]
    if twice := {name for name in names if names.count(name) > 1}:
        raise UserError(f"Several objects are called {', '.join(sorted(twice))}.", "Evaluate them one after another.")
