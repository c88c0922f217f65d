"""Does what a plan says: fetch, install, try, and only then put into place.

The same steps make a new environment, repair one and bring one up to date: what is not as it should be is fetched and
installed, the rest is left alone.  A new environment grows beside its place and is moved there when it works.  What
has been downloaded stays until it is installed, so whatever breaks a set-up off, the next goes on from there.
"""

import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from ...sv3d_engine.shared.engine_python import python_in
from ...sv3d_engine.shared.errors import UserError
from .base import Base, version_of, version_of_environment
from .commands import CommandFailed, Commands, meaning
from .lock import TORCH, Requirement, canonical_name, download_bytes, wheel_bytes
from .packages import Installed, drop_torn, installed, is_whole, release_of, site_packages, wheel_of
from .plan import Plan, missing
from .progress import Meter, Progress
from .standalone import fetch_python
from .state import STAMP, Stamp, claim, note_in, read_stamp, refuse_foreign, unused, write_stamp

_LARGE = 3_000_000  # bytes of a wheel that is fetched by itself; pip keeps what it has fetched only when a call ends
_AT_ONCE = 12  # small ones
_RESUMES = (25, 1)  # the first pip that can go on with half a file
_NEW_PIP = Requirement("pip", "26.3", ("sha256:f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13",))
_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")
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
        environment = self._environment()
        stamp = read_stamp(environment)
        brought = _requirements(stamp.brought) if stamp and stamp.torch == self._plan.build.name else ()
        wanted = (*self._plan.requirements, *brought)
        self._commands.check()
        wrong = list(missing(environment, wanted, self._plan.build, thorough=thorough))
        self._check_room(wrong)
        self._fetch(wrong)
        if stamp is None or any(r.name == TORCH for r in wrong):
            brought = self._brought_by_torch(environment)
            wanted = (*self._plan.requirements, *brought)
            more = missing(environment, brought, self._plan.build)
            self._fetch([*wrong, *more])
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

    # ---- the environment ----------------------------------------------------------------------------------------

    def _environment(self) -> Path:
        """The environment to work on, with a Python and a pip that start."""
        folder = self._places.environment if self._places.environment.is_dir() else self._places.unfinished
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
        self._go_online()
        claim(self._places.standalone)
        return fetch_python(self._plan.base, self._places, self._commands)

    def _check_room(self, wrong: Sequence[Requirement]) -> None:
        if wrong and not self._plan.has_room:
            raise UserError(
                f"The disk of the SV3D folder has {self._plan.free / 1e9:.1f} GB free; "
                f"about {self._plan.disk / 1e9:.1f} GB are needed.",
                "Free some space, or choose another SV3D folder, and press the button again.",
                str(self._places.home),
            )

    def _go_online(self) -> None:
        """Raises UserError where the user has not allowed it."""
        if not self._plan.online:
            raise UserError(
                "Something has to be downloaded, and Blender is set to stay offline.",
                "Press Allow Online Access in the SV3D preferences, then try again.",
            )

    # ---- the packages -------------------------------------------------------------------------------------------

    def _fetch(self, wanted: Sequence[Requirement]) -> None:
        """Download what is not here yet, large ones one by one, so that little is lost when it is broken off."""
        build, wheels = self._plan.build, self._places.wheels
        coming = [r for r in wanted if wheel_of(wheels, r) is None]
        done, left = _bytes_in(wheels), download_bytes(coming, build)
        self._meter.plan(done, done + left, download_bytes(wanted, build))
        large = [r for r in coming if wheel_bytes(r.name, build) >= _LARGE]
        groups = [[r] for r in large]
        for hashed in (True, False):
            small = [r for r in coming if r not in large and bool(r.hashes) == hashed]
            groups += [small[i : i + _AT_ONCE] for i in range(0, len(small), _AT_ONCE)]
        if large:
            self._renew_pip()
        for group in groups:
            self._meter.step(f"Downloading {group[0].name}" if len(group) == 1 else "Downloading small packages")
            expected = sum(wheel_bytes(r.name, build) for r in group)
            left -= expected
            self._download(group, partial(self._grown, done, expected, left))
            done = _bytes_in(wheels)
            self._meter.fetched(done, done + left)

    def _renew_pip(self) -> None:
        """Have a pip that goes on where a connection broke; where the index has none, the old one does."""
        pip = installed(self._folder).get("pip")
        if pip is None or release_of(pip.version) >= _RESUMES:
            return
        self._go_online()
        with suppress(CommandFailed):
            self._commands.run(
                [
                    *self._pip("install"), "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--progress-bar=off",
                    "--retries=0", "-r", self._listed([_NEW_PIP]),
                ]
            )  # fmt: skip

    def _grown(self, before: int, expected: int, left: int) -> None:
        """While pip writes, its growing file tells how far it is."""
        partly = max(_bytes_in(self._temporary), _bytes_in(self._places.wheels) - before)
        self._meter.fetched(before + partly, before + max(partly, expected) + left)

    @property
    def _temporary(self) -> Path:
        return self._places.work / "temporary"

    def _download(self, group: Sequence[Requirement], turn: Callable[[], None]) -> None:
        self._go_online()
        # pip keeps no half of a file, and in its own temporary folder it would not be seen growing.
        temporary = self._temporary
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        options = self._plan.build.pip_options if any(r.name == TORCH for r in group) else []
        # Without pip's cache, for it would keep a second copy of gigabytes.
        self._commands.run(
            [
                *self._pip("download"), "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--progress-bar=off",
                "--dest", self._places.wheels, *options, "-r", self._listed(group),
            ],
            turn,
            environment=dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)),
        )  # fmt: skip

    def _brought_by_torch(self, environment: Path) -> tuple[Requirement, ...]:
        """The packages that PyTorch's wheel needs and the lock does not name: NVIDIA's libraries, on Linux."""
        torch = next(r for r in self._plan.requirements if r.name == TORCH)
        wheel = wheel_of(self._places.wheels, torch)
        locked = {r.name for r in self._plan.requirements}
        there = installed(environment).get(TORCH)
        needs = needed_by(wheel) if wheel else needed_by_installed(there) if there else set()
        if needs <= locked:
            return ()
        self._meter.step("Asking what PyTorch needs")
        self._go_online()
        report = self._places.work / "report.json"
        constraints = self._listed([r for r in self._plan.requirements if r.name != TORCH], hashes=False)
        self._commands.run(
            [
                *self._pip("install"), "--dry-run", "--ignore-installed", "--only-binary=:all:", "--no-cache-dir",
                "--report", report, "--constraint", constraints, *self._plan.build.pip_options,
                wheel or f"{torch.name}=={torch.version}",
            ]
        )  # fmt: skip
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
        told = {canonical_name(p["metadata"]["name"]): p["metadata"]["version"] for p in found}
        return _requirements({name: version for name, version in told.items() if name not in locked})

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
                *self._pip("install"), "--no-index", "--find-links", self._places.wheels, "--no-deps",
                "--force-reinstall", "--only-binary=:all:", "--no-warn-script-location", "--no-compile",
                "-r", self._listed(wrong),
            ],
            turn,
        )  # fmt: skip

    def _remove_others(self, environment: Path, wanted: Iterable[Requirement], before: Stamp | None) -> None:
        """Take out what an earlier lock brought and this one does not; what the user has added stays."""
        kept = {r.name for r in wanted}
        leaving = [name for name in (before.packages if before else {}) if name not in kept]
        leaving = [name for name in leaving if name in installed(environment)]
        if leaving:
            self._commands.run([*self._pip("uninstall"), "--yes", *leaving])

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

    def _pip(self, command: str) -> list[str | Path]:
        return [python_in(self._folder), "-s", *_PIP, command]

    @property
    def _folder(self) -> Path:
        """The environment that is worked on."""
        return self._places.environment if self._places.environment.is_dir() else self._places.unfinished

    def _listed(self, requirements: Iterable[Requirement], *, hashes: bool = True) -> Path:
        """A file of requirements for pip."""
        path, requirements = self._places.work / "requirements.txt", list(requirements)
        hashes = hashes and all(r.hashes for r in requirements)  # pip takes no mixture
        lines = (r.line if hashes else f"{r.name}=={r.version}" for r in requirements)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path


def needed_by(wheel: Path) -> set[str]:
    """The names of the packages that a wheel needs, whatever the system, without its extras."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n))
        return _needed(archive.read(name).decode("utf-8", "replace"))


def needed_by_installed(package: Installed) -> set[str]:
    """The same of a package that is installed."""
    try:
        return _needed((package.folder / "METADATA").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return set()


def _needed(text: str) -> set[str]:
    needs = re.findall(r"^Requires-Dist:\s*([\w.-]+)(.*)$", text, re.M)
    return {canonical_name(needed) for needed, rest in needs if "extra ==" not in rest}


def _requirements(versions: dict[str, str]) -> tuple[Requirement, ...]:
    return tuple(Requirement(name, version) for name, version in versions.items())


def _bytes_in(folder: Path) -> int:
    """The bytes of all files in a folder, which may be changing."""
    total = 0
    for within, _, names in os.walk(folder):  # which minds no folder that has just gone
        for name in names:
            with suppress(OSError):
                total += Path(within, name).stat().st_size
    return total


def _unlink_python(folder: Path) -> None:
    """Remove links that lead to a Python that is gone; venv would leave them as they are."""
    for path in python_in(folder).parent.glob("python*"):
        if path.is_symlink():
            path.unlink()
