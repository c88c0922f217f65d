"""Environments: made once, found again, made anew when the lock changes."""

import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from building import environment
from building.console import BuildError
from sv3d_engine.shared import nvidia
from sv3d_engine.shared.engine_python import python_in


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The pip commands that would run."""
    commands: list[list[str]] = []

    def pretend(command: list[object], env: object = None, quiet: bool = False) -> int:
        words = [str(word) for word in command]
        if "venv" in words:
            python = python_in(Path(words[-1]))
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


# ---- the build of PyTorch ----------------------------------------------------------------------------------------

ADA = nvidia.Driver("580.65", "RTX 4090", (8, 9))
CU126, CU130 = "https://download.pytorch.org/whl/cu126", "https://download.pytorch.org/whl/cu130"


@pytest.fixture
def engine(tmp_path: Path, installs: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Sets the engine's environment up with a choice, on a system and with a driver; the words that pip gets, or none.

    The environment stays from one set-up to the next.
    """
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "REQUIREMENTS", tmp_path / "requirements")
    (tmp_path / "requirements").mkdir()
    for name in ("runtime", "laboratory", "dev", "ray", "cuda"):
        (tmp_path / "requirements" / f"{name}.txt").write_text(f"{name}==1.0\n")

    def set_up(choice: str = "auto", platform: str = "linux", driver: nvidia.Driver | None = None) -> list[str]:
        monkeypatch.setattr(environment.sys, "platform", platform)
        monkeypatch.setattr(nvidia, "find_driver", lambda: driver)
        installs.clear()
        environment.engine_python(choice)
        assert len(installs) <= 1
        return installs[0][installs[0].index("--only-binary=:all:") + 1 :] if installs else []

    return set_up


def locks(words: list[str]) -> list[str]:
    return [Path(word).stem for word in words if word.endswith(".txt")]


def indexes(words: list[str]) -> list[str]:
    return [word for before, word in pairwise(words) if before == "--extra-index-url"]


PLAIN = ["runtime", "laboratory", "dev", "ray"]


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_without_an_nvidia_driver_pip_gets_the_locks_and_nothing_else(
    engine: Callable[..., list[str]], platform: str
) -> None:
    words = engine("auto", platform)
    assert locks(words) == PLAIN
    assert words[::2] == ["-r"] * len(PLAIN)


@pytest.mark.parametrize("platform", ["linux", "win32"])
@pytest.mark.parametrize("choice", ["auto", "cuda"])
def test_with_an_nvidia_driver_the_build_is_cudas(engine: Callable[..., list[str]], platform: str, choice: str) -> None:
    words = engine(choice, platform, ADA)
    assert (locks(words), indexes(words)) == ([*PLAIN, "cuda"], [CU130])


def test_the_version_of_cuda_follows_the_driver(engine: Callable[..., list[str]]) -> None:
    assert indexes(engine(driver=nvidia.Driver("550.1", "RTX 4090", (8, 9)))) == [CU126]


def test_cuda_can_be_had_for_another_machine(engine: Callable[..., list[str]]) -> None:
    assert indexes(engine("cuda")) == [CU130]


@pytest.mark.parametrize(
    ("platform", "expected"), [("linux", ["https://download.pytorch.org/whl/cpu"]), ("win32", []), ("darwin", [])]
)
def test_the_processors_build_can_be_had_beside_a_card(
    engine: Callable[..., list[str]], platform: str, expected: list[str]
) -> None:
    words = engine("cpu", platform, ADA)
    assert (locks(words), indexes(words)) == (PLAIN, expected)


def test_a_driver_or_card_that_is_too_old_is_told_only_to_who_asks_for_it(engine: Callable[..., list[str]]) -> None:
    old = nvidia.Driver("470.1", "GTX 680", (3, 0))
    with pytest.raises(BuildError, match="GTX 680"):
        engine("cuda", driver=old)
    with pytest.raises(BuildError, match="macOS"):
        engine("cuda", "darwin")
    assert indexes(engine("auto", driver=old)) == []


def test_another_build_that_is_asked_for_makes_the_environment_anew(engine: Callable[..., list[str]]) -> None:
    assert engine("auto")
    assert engine("cuda", driver=ADA)
    assert engine("cuda", driver=ADA) == []
    assert engine("cpu", driver=ADA)
    assert engine("cpu", driver=ADA) == []


OLDER = nvidia.Driver("550.1", "RTX 4090", (8, 9))


@pytest.mark.parametrize("platform", ["linux", "win32"])
@pytest.mark.parametrize(
    ("choice", "driver"), [("cpu", ADA), ("cuda", ADA), ("cuda", OLDER), ("cuda", None), ("auto", ADA), ("auto", None)]
)
def test_the_build_that_is_there_is_kept_whatever_the_driver_answers(
    engine: Callable[..., list[str]], platform: str, choice: str, driver: nvidia.Driver | None
) -> None:
    assert engine(choice, platform, driver)
    for answer in (ADA, OLDER, None):
        assert engine("auto", platform, answer) == []


def test_a_build_that_is_there_is_not_kept_when_the_lock_changes(
    engine: Callable[..., list[str]], tmp_path: Path
) -> None:
    for name in ("runtime", "cuda"):
        assert engine("cuda", driver=ADA) and engine("auto", driver=ADA) == []
        (tmp_path / "requirements" / f"{name}.txt").write_text(f"{name}==2.0\n")
        assert locks(engine("auto", driver=ADA)) == [*PLAIN, "cuda"]
        assert engine("cpu", driver=ADA)
