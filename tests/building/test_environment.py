"""Environments: made once, found again, made anew when the lock changes."""

import subprocess
import sys
from pathlib import Path

import pytest

from building import environment


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The pip commands that would run."""
    commands: list[list[str]] = []

    def pretend(command: list[object], env: object = None, quiet: bool = False) -> int:
        words = [str(word) for word in command]
        if "venv" in words:
            python = environment._python_in(Path(words[-1]))
            python.parent.mkdir(parents=True)
            python.touch()
        else:
            commands.append(words)
        return 0

    monkeypatch.setattr(environment, "run", pretend)
    monkeypatch.setattr(environment, "ROOT", Path("/"))
    return commands


def test_a_second_set_up_does_nothing(tmp_path: Path, installs: list[list[str]]) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("numpy==2.4.6\n")
    first = environment.make(tmp_path / "venv", Path(sys.executable), [lock])
    assert environment.make(tmp_path / "venv", Path(sys.executable), [lock]) == first
    assert len(installs) == 1 and str(lock) in installs[0]


def test_a_changed_lock_or_a_broken_environment_is_made_anew(tmp_path: Path, installs: list[list[str]]) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("numpy==2.4.6\n")
    python = environment.make(tmp_path / "venv", Path(sys.executable), [lock])
    lock.write_text("numpy==2.4.7\n")
    environment.make(tmp_path / "venv", Path(sys.executable), [lock])
    python.unlink()
    environment.make(tmp_path / "venv", Path(sys.executable), [lock])
    assert len(installs) == 3


def test_this_python_is_found_and_one_that_does_not_exist_is_not() -> None:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert environment.find_python([here]) == environment.THIS_PYTHON
    assert environment.find_python(["3.99"]) is None


def test_every_requirement_is_pinned() -> None:
    for file in environment.REQUIREMENTS.glob("*.txt"):
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        assert lines and all("==" in line for line in lines), file.name


def test_an_environment_is_never_made_by_the_python_inside_it() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); from building.environment import THIS_PYTHON as p; print(p)"
    told = subprocess.run(
        [sys.executable, "-c", code, str(environment.REQUIREMENTS.parent)], capture_output=True, text=True, check=True
    )
    python = Path(told.stdout.strip())
    assert python.exists()
    assert sys.prefix == sys.base_prefix or not python.is_relative_to(sys.prefix)
