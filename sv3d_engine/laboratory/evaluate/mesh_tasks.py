"""What ``evaluate mesh`` and ``evaluate ablation`` rebuild: the objects that are asked for, as tasks of their own.

A task's fingerprint is of the code, the settings and the object that its figures depend on: where it is the same, what
an earlier run found is kept.
"""

import argparse
import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...shared.errors import UserError
from .known_objects import known_objects, real_orbits
from .mesh_tables import Scores
from .rebuild_task import REAL_ORBITS, Task
from .relight import PROGRAM_FILES as RELIGHTING

PACKAGE = Path(__file__).parents[2]
# What a mesh, its figures and its pictures depend on; of SV3D where it is asked by masked SDS, as orbits are given.
CODE = (
    "shared",
    "ground",
    "orbit",
    "models",
    "picture",
    "sv3d",
    "reconstruction",
    "job",
    "laboratory/dataset",
    "laboratory/evaluate",
)

# Of these folders, what only shows figures that are there, or makes others: a word changed in it redoes no mesh.
LATER = {
    *("ablation", "mesh_evaluation", "mesh_tables", "mesh_tasks", "paper_tables", "novel_views", "nvs_orbits"),
    *("nvs_plot", "nvs_report", "model_orbits", "camera_figures", "field_cases", "frame_figures", "light_figures"),
    *("photo_figures", "full_checkpoint", "scene_evaluation", "known_objects", "sds_figures"),
}


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


def read_hulls(sources: Iterable[Path]) -> dict[str, Scores]:
    """The visual hulls' figures by object, where a benchmark has them."""
    hulls: dict[str, Scores] = {}
    for path in {source.parent / "hulls.json" for source in sources}:
        hulls |= json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return hulls


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
            **{"normals": arguments.normals, **more},
            truths=str(Path(arguments.relit or out / "relit").absolute()),
        )
        for seed in arguments.seeds
        for source in sources
    ]
    files = sorted(f for folder in CODE for f in (PACKAGE / folder).rglob("*.py") if f.stem not in LATER)
    code = _digest([*files, *RELIGHTING])
    inputs = {source: _digest([*_files(source), source.parent / "evaluate.py"]) for source in sources}
    return [replace(task, fingerprint=_fingerprint(task, code, inputs[Path(task.source)])) for task in tasks]


def _program(name: str) -> str:
    """An absolute path, for processes with a working folder of their own.  Raises UserError."""
    found = shutil.which(name)
    if found is None:
        raise UserError(f"{name} is no program.", "Give the path of a Python.")
    return str(Path(found).absolute())


def _fingerprint(task: Task, code: str, inputs: str) -> str:
    how = [task.seed, task.preset, task.settings, task.device, task.hidden, task.orbit, task.asked, task.normals]
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
