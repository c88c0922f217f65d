"""Does what a plan says: fetch, install, try, and only then put into place.

The same steps make a new environment, repair one and bring one up to date: what is not as it should be is fetched and
installed, the rest is left alone.  A new environment grows beside its place and is moved there when it works.  What
has been downloaded stays until it is installed, so whatever breaks a set-up off, the next goes on from there.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from ...sv3d_engine.shared.engine_python import python_in
from ...sv3d_engine.shared.errors import UserError
from .commands import CommandFailed, Commands, meaning
from .environment import EnvironmentMaker
from .fetching import Fetcher, requirements_of
from .lock import TORCH, Requirement, wheel_bytes
from .packages import drop_torn, installed
from .pip_calls import listed, pip_call
from .plan import Plan, missing
from .progress import Meter, Progress
from .state import STAMP, Stamp, claim, note_in, read_stamp, refuse_foreign, unused, write_stamp

# What each step of the engine imports; prints what there is to compute on.
PROBE = """
import diffusers, fast_simplification, json, numba, numpy, onnxruntime, PIL, safetensors, scipy, skimage, torch, xatlas
kind = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
card = torch.cuda.get_device_properties(0) if kind == "cuda" else None
name = card.name if card else "Apple graphics" if kind == "mps" else "processor"
told = {"device": kind, "device_name": name, "device_bytes": card.total_memory if card else 0}
print("\\n" + json.dumps(told))
"""


class Installer:
    """One set-up; for a thread of its own."""

    def __init__(self, plan: Plan, commands: Commands, report: Callable[[Progress], None], *, probe: str = "") -> None:
        """``probe`` is Python that has to run in the environment before it counts as made; "" the engine's."""
        self._plan, self._commands, self._probe = plan, commands, probe or PROBE
        self._places, self._meter = plan.places, Meter(report)

    def run(self, *, thorough: bool = False) -> None:
        """Bring the environment to what the plan says; ``thorough`` compares every file's content with its record.

        Raises UserError, Stopped.
        """
        try:
            with unused(self._places, self._commands.check):
                self._run(thorough)
        except (CommandFailed, OSError) as error:
            raise meaning(error) from error

    def _run(self, thorough: bool) -> None:
        self._meter.step("Looking at what is there")
        refuse_foreign(self._places)
        claim(self._places.work)
        if note_in(self._places.wheels) != self._plan.base.version:  # another Python's wheels are of no use
            shutil.rmtree(self._places.wheels, ignore_errors=True)
        claim(self._places.wheels, self._plan.base.version)
        drop_torn(self._places.wheels)
        environment = EnvironmentMaker(self._plan, self._commands, self._meter).environment()
        fetcher = Fetcher(self._plan, self._commands, self._meter)
        stamp = read_stamp(environment)
        brought = requirements_of(stamp.brought) if stamp and stamp.torch == self._plan.build.name else ()
        wanted = (*self._plan.requirements, *brought)
        self._commands.check()
        wrong = list(missing(environment, wanted, self._plan.build, thorough=thorough))
        self._check_room(wrong)
        fetcher.fetch(wrong)
        if stamp is None or any(r.name == TORCH for r in wrong):
            brought = fetcher.brought_by_torch(environment)
            wanted = (*self._plan.requirements, *brought)
            more = missing(environment, brought, self._plan.build)
            fetcher.fetch([*wrong, *more])
            wrong += [r for r in more if r not in wrong]
        (environment / STAMP).unlink(missing_ok=True)  # from here until the end it is not to be relied on
        self._install(environment, wrong)
        self._remove_others(environment, wanted, stamp)
        told = self._try(environment)
        stamp = Stamp(
            self._plan.lock,
            self._plan.build.name,
            {r.name: installed(environment)[r.name].version for r in wanted},
            {r.name: r.version for r in brought},
            **told,
        )
        write_stamp(environment, stamp)
        if environment != self._places.environment:
            environment.replace(self._places.environment)
        for folder in (self._places.wheels, self._places.work):
            shutil.rmtree(folder, ignore_errors=True)

    def _check_room(self, wrong: Sequence[Requirement]) -> None:
        if wrong and not self._plan.has_room:
            raise UserError(
                f"The disk of the SV3D folder has {self._plan.free / 1e9:.1f} GB free; "
                f"about {self._plan.disk / 1e9:.1f} GB are needed.",
                "Free some space, or choose another SV3D folder, and press the button again.",
                str(self._places.home),
            )

    def _install(self, environment: Path, wrong: Sequence[Requirement]) -> None:
        if not wrong:
            return
        self._meter.step("Installing")
        there = installed(environment)
        for found in (there[r.name] for r in wrong if r.name in there):
            if not found.record.is_file():  # pip could not replace it
                shutil.rmtree(found.folder)
        weight = {r.name: wheel_bytes(r.name, self._plan.build) for r in wrong}

        def turn() -> None:
            done = sum(weight.get(name, 0) for name in installed(environment))
            self._meter.installed(done / sum(weight.values()))

        self._commands.run(
            [
                *pip_call(self._places, "install"), "--no-index", "--find-links", self._places.wheels, "--no-deps",
                "--force-reinstall", "--only-binary=:all:", "--no-warn-script-location", "--no-compile",
                "-r", listed(self._places, wrong),
            ],
            turn,
        )  # fmt: skip

    def _remove_others(self, environment: Path, wanted: Iterable[Requirement], before: Stamp | None) -> None:
        """Take out what an earlier lock brought and this one does not; what the user has added stays."""
        kept = {r.name for r in wanted}
        leaving = [name for name in (before.packages if before else {}) if name not in kept]
        leaving = [name for name in leaving if name in installed(environment)]
        if leaving:
            self._commands.run([*pip_call(self._places, "uninstall"), "--yes", *leaving])

    def _try(self, environment: Path) -> dict[str, Any]:
        """See that the packages load; what the probe tells in its last line, if it is JSON."""
        self._meter.step("Trying the engine's packages")
        self._meter.installed(1.0)
        try:
            said = self._commands.run([python_in(environment), "-s", "-c", self._probe])
        except CommandFailed as error:
            raise UserError(
                "The engine's packages are installed, but do not load.",
                "Press Remove in the SV3D preferences, then Set Up Engine. If that does not help, press Copy Report.",
                str(error),
            ) from error
        try:
            told = json.loads((said.strip().splitlines() or ["{}"])[-1])
        except ValueError:
            return {}
        return {name: told[name] for name in ("device", "device_name", "device_bytes") if name in told}
