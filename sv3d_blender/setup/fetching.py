"""Fetches packages with pip, so that little is lost when it is broken off, and tells how far that is."""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from .commands import CommandFailed, Commands
from .lock import TORCH, Requirement, canonical_name, download_bytes, wheel_bytes
from .packages import installed, needed_by, needed_by_installed, release_of, wheel_of
from .pip_calls import listed, pip_call
from .plan import Plan, refuse_offline
from .progress import Meter

_LARGE = 3_000_000  # bytes of a wheel that is fetched by itself; pip keeps what it has fetched only when a call ends
_AT_ONCE = 12  # small ones
_RESUMES = (25, 1)  # the first pip that can go on with half a file
_NEW_PIP = Requirement("pip", "26.3", ("sha256:f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13",))


class Fetcher:
    """Fetches one set-up's packages into its folder of wheels."""

    def __init__(self, plan: Plan, commands: Commands, meter: Meter) -> None:
        self._plan, self._places, self._commands, self._meter = plan, plan.places, commands, meter

    def fetch(self, wanted: Sequence[Requirement]) -> None:
        """Download what is not here yet, large ones one by one, so that little is lost when it is broken off."""
        build, wheels = self._plan.build, self._places.wheels
        coming = [r for r in wanted if wheel_of(wheels, r) is None]
        done, left = bytes_in(wheels), download_bytes(coming, build)
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
            done = bytes_in(wheels)
            self._meter.fetched(done, done + left)

    def _renew_pip(self) -> None:
        """Have a pip that goes on where a connection broke; where the index has none, the old one does."""
        pip = installed(self._places.at_work).get("pip")
        if pip is None or release_of(pip.version) >= _RESUMES:
            return
        refuse_offline(self._plan)
        with suppress(CommandFailed):
            self._commands.run(
                [
                    *pip_call(self._places, "install"), "--no-deps", "--only-binary=:all:", "--no-cache-dir",
                    "--progress-bar=off", "--retries=0", "-r", listed(self._places, [_NEW_PIP]),
                ]
            )  # fmt: skip

    def _grown(self, before: int, expected: int, left: int) -> None:
        """While pip writes, its growing file tells how far it is."""
        partly = max(bytes_in(self._temporary), bytes_in(self._places.wheels) - before)
        self._meter.fetched(before + partly, before + max(partly, expected) + left)

    @property
    def _temporary(self) -> Path:
        return self._places.work / "temporary"

    def _download(self, group: Sequence[Requirement], turn: Callable[[], None]) -> None:
        refuse_offline(self._plan)
        # pip keeps no half of a file, and in its own temporary folder it would not be seen growing.
        temporary = self._temporary
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        options = self._plan.build.pip_options if any(r.name == TORCH for r in group) else []
        # Without pip's cache, for it would keep a second copy of gigabytes.
        self._commands.run(
            [
                *pip_call(self._places, "download"), "--no-deps", "--only-binary=:all:", "--no-cache-dir",
                "--progress-bar=off", "--dest", self._places.wheels, *options, "-r", listed(self._places, group),
            ],
            turn,
            environment=dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)),
        )  # fmt: skip

    def brought_by_torch(self, environment: Path) -> tuple[Requirement, ...]:
        """The packages that PyTorch's wheel needs and the lock does not name: NVIDIA's libraries, on Linux."""
        torch = next(r for r in self._plan.requirements if r.name == TORCH)
        wheel = wheel_of(self._places.wheels, torch)
        locked = {r.name for r in self._plan.requirements}
        there = installed(environment).get(TORCH)
        needs = needed_by(wheel) if wheel else needed_by_installed(there) if there else set()
        if needs <= locked:
            return ()
        self._meter.step("Asking what PyTorch needs")
        refuse_offline(self._plan)
        report = self._places.work / "report.json"
        constraints = listed(self._places, [r for r in self._plan.requirements if r.name != TORCH], hashes=False)
        self._commands.run(
            [
                *pip_call(self._places, "install"), "--dry-run", "--ignore-installed", "--only-binary=:all:",
                "--no-cache-dir", "--report", report, "--constraint", constraints, *self._plan.build.pip_options,
                wheel or f"{torch.name}=={torch.version}",
            ]
        )  # fmt: skip
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
        told = {canonical_name(p["metadata"]["name"]): p["metadata"]["version"] for p in found}
        return requirements_of({name: version for name, version in told.items() if name not in locked})


def requirements_of(versions: dict[str, str]) -> tuple[Requirement, ...]:
    """Packages by their names and versions."""
    return tuple(Requirement(name, version) for name, version in versions.items())


def bytes_in(folder: Path) -> int:
    """The bytes of all files in a folder, which may be changing."""
    total = 0
    for within, _, names in os.walk(folder):  # which minds no folder that has just gone
        for name in names:
            with suppress(OSError):
                total += Path(within, name).stat().st_size
    return total
