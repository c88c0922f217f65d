"""A Python of the set-up's own: python-build-standalone's, fetched by uv, which comes as a wheel."""

from pathlib import Path

from ...sv3d_engine.shared.engine_python import python_in
from ...sv3d_engine.shared.errors import UserError
from .base import Base
from .commands import Commands
from .state import Places

UV = "uv==0.13.9"


def fetch_python(base: Base, places: Places, commands: Commands) -> Base:
    """The Python of ``base.version`` in the set-up's own folder, fetched if it is not there.

    Raises CommandFailed, Stopped; UserError where none has come.
    """
    if found := _find(places.standalone, base.version):
        return _as_base(found, base)
    tools = places.work / "tools"
    commands.run([*base.command, "-m", "venv", tools])
    python = python_in(tools)
    commands.run([python, "-s", "-m", "pip", "install", "--no-input", "--only-binary=:all:", "--no-deps", UV])
    commands.run(
        [
            python, "-s", "-m", "uv", "python", "install", base.version, "--install-dir", places.standalone,
            "--no-bin", "--no-config", "--no-cache", "--no-progress",
        ]
    )  # fmt: skip
    if found := _find(places.standalone, base.version):
        return _as_base(found, base)
    raise UserError(
        f"Python {base.version} could not be fetched.", "Choose a Python under “Python to Build On”.", str(tools)
    )


def _as_base(python: Path, base: Base) -> Base:
    return Base((str(python),), base.version, base.title)


def _find(folder: Path, version: str) -> Path | None:
    """The Python that uv has put there; its folders are named cpython-3.13.1-linux-x86_64-gnu."""
    for made in sorted(folder.glob(f"cpython-{version}.*"), reverse=True):
        for place in ("python.exe", f"bin/python{version}", "bin/python3"):
            if (made / place).is_file():
                return made / place
    return None
