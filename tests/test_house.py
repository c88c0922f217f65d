"""The house as README draws it: three wings, every import goes down, and the artist's zip has no laboratory."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[1] / "sv3d_engine"
WINGS = ("shared", "ground", "orbit", "models", "picture", "sv3d", "reconstruction", "job", "batch", "laboratory")
FLOORS = {
    "": WINGS,
    "sv3d": ("network", "diffusion", "generation"),
    "reconstruction": (
        *("light", "losses", "perceptual", "render", "frames"),
        *("field", "mesh", "material", "guidance", "asset"),
    ),
    "laboratory": ("demo", "dataset", "bench", "evaluate", "training", "evaluate_commands", "commands"),
}
FILES = {file.relative_to(ENGINE).with_suffix("").parts: file for file in ENGINE.rglob("*.py")}


def imported(module: tuple[str, ...], file: Path) -> Iterator[tuple[str, ...]]:
    """Modules and names of the engine that a file imports, as parts of their paths."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = module[: len(module) - node.level] + tuple((node.module or "").split(".") if node.module else ())
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sv3d_engine":
            base = tuple((node.module or "").split(".")[1:])
        else:
            continue
        yield from (((*base, alias.name) if (*base, alias.name) in FILES else base) for alias in node.names)


def test_every_room_of_the_ground_plan_is_there() -> None:
    assert {d.name for d in ENGINE.iterdir() if d.is_dir() and d.name != "__pycache__"} == set(WINGS)
    for wing, floors in FLOORS.items():
        there = {p.stem for p in (ENGINE / wing).iterdir() if p.suffix in ("", ".py") and not p.name.startswith("__")}
        assert there - {"sv3d_mini"} == set(floors), wing


@pytest.mark.parametrize("wing", FLOORS)
def test_every_import_goes_down(wing: str) -> None:
    rank = {floor: i for i, floor in enumerate(FLOORS[wing])}
    depth = 1 if wing else 0
    upwards = [
        (module, target)
        for module, file in FILES.items()
        if module[:depth] == (wing,) * depth and len(module) > depth and module[depth] in rank
        for target in imported(module, file)
        if target[:depth] == (wing,) * depth and len(target) > depth and target[depth] in rank
        if rank[target[depth]] > rank[module[depth]]
    ]
    assert upwards == []


def test_no_two_modules_have_the_same_file_name() -> None:
    names = [module[-1] for module in FILES if module[-1] != "__init__"]
    assert [name for name in names if names.count(name) > 1] == []


def test_no_two_test_files_of_one_run_have_the_same_name() -> None:
    tests = ENGINE.parent / "tests"
    others = [tests / "blender" / "bpy", tests / "blender" / "window"]  # each is a run of its own
    files = [file for file in tests.rglob("test_*.py") if file.parent not in others]
    for run in (files, *(list(room.glob("test_*.py")) for room in others)):
        names = [file.name for file in run]
        assert [name for name in names if names.count(name) > 1] == [], "pytest collects only the first"


def test_no_two_modules_import_each_other() -> None:
    graph = {module: {t for t in imported(module, file) if t in FILES} for module, file in FILES.items()}
    while leaves := {module for module, targets in graph.items() if not targets}:
        graph = {module: targets - leaves for module, targets in graph.items() if module not in leaves}
    assert graph == {}, "these import one another in a ring"


def test_what_both_sides_share_needs_the_standard_library_alone() -> None:
    for module, file in FILES.items():
        if module[0] != "shared":
            continue
        assert all(target[:1] == ("shared",) for target in imported(module, file)), module
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= sys.stdlib_module_names, module
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert (node.module or "").split(".")[0] in sys.stdlib_module_names, module


def test_the_add_on_knows_only_what_is_shared() -> None:
    for file in (ENGINE.parent / "sv3d_blender").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and "sv3d_engine" in (node.module or ""):
                names = {alias.name for alias in node.names}
                allowed = node.module.startswith("sv3d_engine.shared") or names <= {"__version__"}
                assert allowed, f"{file.name}: {node.module}"
