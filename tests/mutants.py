"""Hand-made mutants: the engine, or the add-on, with one thing wrong, which the tests named beside it have to notice.

    python tests/mutants.py [NAME ...]

runs those whose name holds one of the words given, or all, on a copy of the tree, and tells which survive.  All take
about half an hour.  Fails below 85 % killed, and where a mutant's text does not stand once in its file.

They are listed in mutants.txt: a file of the engine, or of the add-on by its whole path, and paths below tests/, then
for each mutant what is wrong, and the old text and the new as a patch has them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = Path(__file__).with_suffix(".txt")
PARTS = ("sv3d_engine", "sv3d_blender", "tests", "pyproject.toml")
PASSING = 0.85
TIME_LIMIT = 600.0  # seconds a mutant; one that never ends has been noticed


@dataclass(frozen=True)
class Mutant:
    """``old`` stands once in ``file`` and becomes ``new``; ``tests`` should fail then."""

    name: str
    file: str
    tests: tuple[str, ...]
    old: str
    new: str


def read_mutants(text: str) -> Iterator[Mutant]:
    """The list as the module's docstring describes it."""
    file, tests = "", ()
    for paragraph in text.strip().split("\n\n"):
        first, *lines = paragraph.split("\n")
        if not lines:
            file, paths = first.split(": ")
            tests = tuple(f"tests/{path}" for path in paths.split())
            continue
        old, new = ("\n".join(line[2:] for line in lines if line[0] == sign) for sign in "-+")
        place = file if file.startswith("sv3d_blender/") else f"sv3d_engine/{file}"
        yield Mutant(f"{Path(file).stem}: {first}", place, tests, old, new)


@contextmanager
def copied_tree() -> Iterator[Path]:
    """The tree in a folder of its own, for as long as the context is open."""
    with tempfile.TemporaryDirectory(prefix="mutants_") as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(ROOT / part, tree / part)
        yield tree


@contextmanager
def mutated(tree: Path, mutant: Mutant) -> Iterator[None]:
    """The copy with one mutant in it, for as long as the context is open."""
    file = tree / mutant.file
    text, times = file.read_text(encoding="utf-8"), file.stat()
    file.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(text, encoding="utf-8")
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))  # which numba goes by


def passes(tree: Path, tests: tuple[str, ...], kernels: Path) -> bool:
    """Whether the tests pass in the copy.  Raises RuntimeError where they cannot be run."""
    told = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {**os.environ, **told, "NUMBA_CACHE_DIR": str(kernels)}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, timeout=TIME_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return False
    if done.returncode not in (0, 1, 2):  # passed, failed, or failed while they were collected
        raise RuntimeError(done.stdout.decode(errors="replace")[-2000:])
    return done.returncode == 0


def survivors(mutants: list[Mutant]) -> Iterator[Mutant]:
    """Those that no test notices, as they are found.  Raises RuntimeError if the tests fail by themselves."""
    with copied_tree() as tree:
        kernels, own = tree.parent / "kernels", tree.parent / "own"
        kernels.mkdir()
        if not passes(tree, tuple(sorted({test for m in mutants for test in m.tests})), kernels):
            raise RuntimeError("The tests fail without any mutant.")
        for mutant in mutants:
            shutil.copytree(kernels, own)  # so that no mutant's kernels are left to the next
            started = time.monotonic()
            with mutated(tree, mutant):
                survived = passes(tree, mutant.tests, own)
            shutil.rmtree(own)
            told = "SURVIVED" if survived else "killed"
            print(f"{told:<8} {time.monotonic() - started:4.0f} s  {mutant.name}", flush=True)
            if survived:
                yield mutant


def main(words: list[str]) -> int:
    """Run the mutants that are asked for; the exit status."""
    every = read_mutants(LIST.read_text(encoding="utf-8"))
    mutants = [mutant for mutant in every if not words or any(word in mutant.name for word in words)]
    lost = [m.name for m in mutants if (ROOT / m.file).read_text(encoding="utf-8").count(m.old) != 1]
    if lost or not mutants:
        print("Not as the list has it:" if lost else "No mutant has such a name.", *lost, sep="\n  ")
        return 1
    if hasattr(os, "nice"):
        os.nice(10)
    left = list(survivors(mutants))
    killed = len(mutants) - len(left)
    print(f"{killed} of {len(mutants)} killed, {killed / len(mutants):.0%}.")
    return 0 if killed >= PASSING * len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
