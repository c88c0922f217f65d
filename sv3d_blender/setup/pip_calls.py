"""How pip is called in the environment that is worked on."""

from collections.abc import Iterable
from pathlib import Path

from ...sv3d_engine.shared.engine_python import python_in
from .lock import Requirement
from .state import Places

_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")


def pip_call(places: Places, command: str) -> list[str | Path]:
    """The beginning of a command: pip in the environment, or in the one that is not finished yet."""
    return [python_in(places.at_work), "-s", *_PIP, command]


def listed(places: Places, requirements: Iterable[Requirement], *, hashes: bool = True) -> Path:
    """A file of requirements for pip."""
    path, requirements = places.work / "requirements.txt", list(requirements)
    hashes = hashes and all(r.hashes for r in requirements)  # pip takes no mixture
    lines = (r.line if hashes else f"{r.name}=={r.version}" for r in requirements)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
