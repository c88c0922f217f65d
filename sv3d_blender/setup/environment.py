"""The environment that packages are installed into: found, put right, or made, with a Python and a pip that start."""

import shutil
from pathlib import Path

from ...sv3d_engine.shared.engine_python import python_in
from .base import Base, version_of, version_of_environment
from .commands import CommandFailed, Commands
from .packages import installed, is_whole, site_packages
from .plan import Plan, refuse_offline
from .progress import Meter
from .standalone import fetch_python
from .state import claim


class EnvironmentMaker:
    """Makes one set-up's environment."""

    def __init__(self, plan: Plan, commands: Commands, meter: Meter) -> None:
        self._plan, self._places, self._commands, self._meter = plan, plan.places, commands, meter

    def environment(self) -> Path:
        """The environment to work on, with a Python and a pip that start."""
        folder = self._places.at_work
        base = self._plan.base
        version = version_of_environment(folder)
        if folder.is_dir() and version != base.version:
            finished = folder == self._places.environment
            if finished and version and version_of([str(python_in(folder))]) == version:
                return folder  # made with another Python that is still there
            self._commands.check()
            shutil.rmtree(folder)
            folder = self._places.unfinished
        if self._works(folder):
            return folder
        if base.standalone:
            base = self._standalone()
        self._meter.step("Making the environment")
        _unlink_python(folder)
        site = site_packages(folder)
        for remains in site.glob("pip*") if site else ():  # venv leaves a pip alone that seems to be there
            shutil.rmtree(remains)
        claim(folder)
        self._commands.run([*base.command, "-m", "venv", folder])
        return folder

    def _works(self, folder: Path) -> bool:
        """Whether an environment's Python starts, and its pip is whole."""
        pip = installed(folder).get("pip")
        if pip is None or not is_whole(pip):
            return False
        try:
            self._commands.run([python_in(folder), "-c", "import encodings, ssl"])
        except CommandFailed:
            return False
        return True

    def _standalone(self) -> Base:
        self._meter.step("Fetching Python")
        refuse_offline(self._plan)
        claim(self._places.standalone)
        return fetch_python(self._plan.base, self._places, self._commands)


def _unlink_python(folder: Path) -> None:
    """Remove links that lead to a Python that is gone; venv would leave them as they are."""
    for path in python_in(folder).parent.glob("python*"):
        if path.is_symlink():
            path.unlink()
