"""The mesh stage against a benchmark of known objects: ``python -m sv3d_engine evaluate mesh``.

Objects are folders with mesh.glb, cameras.json and orbit frames.  In OUT:
figures.md, figures.json and paper.json (our rows of the paper's tables), written anew after every object;
seedN/NAME.json, the figures of one object, which a later run keeps if code, settings and object are still the same;
seedN/NAME, the job, and pictures of it beside; sheet.png, all objects from several sides; source, the engine that did
it.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...ground.files import write_json
from ...ground.processes import shared_threads
from ...shared.errors import UserError
from .given_settings import parse_settings
from .known_objects import check_sources, views_told
from .likeness import LPIPS_MISSING, lpips_ready
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
from .mesh_tasks import PACKAGE, given_sources, make_tasks, read_hulls
from .paper_tables import mesh_lines, meshes_table
from .rebuild_task import BENCHMARK, Task, as_json
from .relight import PROGRAM_FILES as RELIGHTING

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
    check_sources(sources, arguments)
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
    for file in RELIGHTING:
        copy = source / file.relative_to(PACKAGE.parent)
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(file, copy)


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
    method = tasks[0].method if tasks else ""
    views = views_told(Path(task.source) for task in tasks if not task.real)
    pairs = [(f"{t.name}, seed {t.seed}", f["scores"], f[BENCHMARK]) for t in tasks if BENCHMARK in (f := t.found())]
    tables = [objects_table(objects, hulls, without), real_table(real), stages_table([*objects, *real])]
    parts = [*tables, beside_hull(objects, hulls), pictures_table(objects), meshes_table(objects, method, views)]
    parts.append(agreement_table(pairs))
    parts += [f"{LPIPS_MISSING}\n"] if objects and not lpips_ready() else []
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
