"""What a set-up would do: which Python, which PyTorch, what has to come, how big it is, and where it goes."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...sv3d_engine.shared import nvidia, torch_build
from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.torch_build import TorchBuild
from .base import STANDALONE_BYTES, Base, choose_base
from .lock import Requirement, download_bytes, fingerprint, read_lock, unpacked_bytes
from .packages import fits, installed, is_whole, wheel_of
from .state import Places, read_stamp

_SPARE = 500_000_000  # bytes left free beside what is needed


@dataclass(frozen=True)
class Plan:
    """A set-up that has not begun; sizes are about."""

    places: Places
    base: Base
    build: TorchBuild
    requirements: tuple[Requirement, ...]  # all that belong in the environment
    coming: tuple[Requirement, ...]  # those that have to be downloaded
    download: int  # bytes
    disk: int  # bytes that are needed free while it runs, the download included
    free: int
    online: bool = True  # whether anything may be fetched

    @property
    def lock(self) -> str:
        return fingerprint(self.requirements, self.build)

    @property
    def has_room(self) -> bool:
        return self.free >= self.disk


def make_plan(home: Path, locks: Path, choice: str, own_python: str, blender: Sequence[str]) -> Plan:
    """What brings the environment in ``home`` to what ``locks``, the folder of requirements, says.

    ``choice`` is one of torch_build.CHOICES, ``own_python`` the Python to build on or "", ``blender`` the command of
    Blender's.  Raises UserError.
    """
    places = Places(home)
    build = build_for(choice, places)
    try:
        requirements = read_lock(locks, build)
    except (OSError, ValueError) as error:
        raise UserError("The add-on is not whole.", "Install the SV3D extension again.", str(error)) from error
    base = choose_base(own_python, blender)
    wrong = missing(places.environment, requirements, build)
    coming = tuple(r for r in wrong if wheel_of(places.wheels, r) is None)
    fetched = STANDALONE_BYTES if base.standalone and not places.environment.is_dir() else 0
    download = download_bytes(coming, build) + fetched
    disk = download + unpacked_bytes(wrong, build) + _SPARE if wrong else 0
    return Plan(places, base, build, requirements, coming, download, disk, free_bytes(home))


def refuse_offline(plan: Plan) -> None:
    """Raises UserError where something has to be fetched and the user has not allowed it."""
    if not plan.online:
        raise UserError(
            "Something has to be downloaded, and Blender is set to stay offline.",
            "Press Allow Online Access in the SV3D preferences, then try again.",
        )


def build_for(choice: str, places: Places) -> TorchBuild:
    """The build of PyTorch for a choice; "auto" keeps the one that is there, for one costs gigabytes.

    Without a graphics card it is the processor's, which is smaller than what pip's own index has on Linux.  Raises
    UserError.
    """
    stamp = read_stamp(places.environment) if choice == "auto" else None
    if stamp:
        known = (torch_build.processor_build(), *map(torch_build.cuda_build, nvidia.BUILDS))
        return next((build for build in known if build.name == stamp.torch), TorchBuild(stamp.torch))
    build = torch_build.torch_build(choice)
    return build if build.name or sys.platform == "darwin" else torch_build.processor_build()


def build_title(build: TorchBuild) -> str:
    """A build of PyTorch for the artist."""
    if build.is_cuda:
        return f"NVIDIA graphics card (CUDA {build.name[2:-1]}.{build.name[-1]})"
    return "Apple graphics" if sys.platform == "darwin" else "processor alone"


def missing(
    environment: Path, requirements: Sequence[Requirement], build: TorchBuild, *, thorough: bool = False
) -> tuple[Requirement, ...]:
    """Those that are not in an environment, or another version, or not whole (``thorough``: by content, too)."""
    there = installed(environment)
    return tuple(
        r
        for r in requirements
        if (found := there.get(r.name)) is None
        or not fits(found, r, build.name)
        or not is_whole(found, thorough=thorough)
    )


def free_bytes(folder: Path) -> int:
    """What is free on the disk of a folder that need not exist."""
    existing = next((f for f in (folder, *folder.parents) if f.is_dir()), None)
    return shutil.disk_usage(existing).free if existing else 0
