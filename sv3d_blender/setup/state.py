"""Where the set-up keeps its things, how the environment is, and the stamp that tells what it was made from."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path

from ...sv3d_engine.shared.engine_python import made_environment, python_in
from ...sv3d_engine.shared.engine_use import engine_changing, is_engine_used
from ...sv3d_engine.shared.errors import UserError
from .packages import installed, is_whole

STAMP = "sv3d_engine.json"
_ENDING = 3.0  # seconds that this Blender's own engine may take to end
_TURN = 0.05  # seconds between looks
_MARK = "made-by-sv3d.txt"  # in each folder that the set-up has made, and may remove


class State(Enum):
    """How the environment is; the values are for the artist."""

    MISSING = "The engine is not set up yet"
    UNFINISHED = "The set-up was broken off; what was downloaded is kept"
    READY = "The engine is set up"
    OUTDATED = "The engine's packages are older than the add-on"
    DAMAGED = "The engine's environment is damaged"


@dataclass(frozen=True)
class Places:
    """The set-up's folders in SV3D's folder."""

    home: Path

    @property
    def environment(self) -> Path:
        return made_environment(self.home)

    @property
    def unfinished(self) -> Path:
        """The environment until it works."""
        return self.home / "engine-unfinished"

    @property
    def at_work(self) -> Path:
        """The environment that is worked on."""
        return self.environment if self.environment.is_dir() else self.unfinished

    @property
    def wheels(self) -> Path:
        """What has been downloaded and is not installed yet."""
        return self.home / "engine-downloads"

    @property
    def work(self) -> Path:
        """For files of the moment."""
        return self.home / "engine-work"

    @property
    def standalone(self) -> Path:
        """A Python of the set-up's own, where Blender's does not do."""
        return self.home / "python"

    @property
    def all(self) -> tuple[Path, ...]:
        return self.environment, self.unfinished, self.wheels, self.work, self.standalone


def claim(folder: Path, note: str = "") -> None:
    """Make one of the set-up's folders, or note something in one that is there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).write_text(note, encoding="utf-8")


def note_in(folder: Path) -> str:
    """What was noted when the folder was made; "" where it is not one of ours."""
    with suppress(OSError, UnicodeDecodeError):
        return (folder / _MARK).read_text(encoding="utf-8")
    return ""


def refuse_foreign(places: Places) -> None:
    """Raises UserError where a folder has a name that the set-up needs, but is not its own: somebody's work."""
    foreign = [folder for folder in places.all if folder.exists() and not (folder / _MARK).is_file()]
    if foreign:
        raise UserError(
            f"The SV3D folder holds something else called {foreign[0].name}, which SV3D does not touch.",
            "Choose another SV3D folder, best a new one.",
            "\n".join(map(str, foreign)),
        )


@contextmanager
def unused(places: Places, check: Callable[[], None]) -> Iterator[None]:
    """Keep engines out of the environment while it is changed: it would break under a job.

    ``check`` may raise while it waits for one that is ending.  Raises UserError where an engine goes on, OSError where
    the folder cannot be written.
    """
    places.home.mkdir(parents=True, exist_ok=True)
    with engine_changing(places.home) as ours:
        if not ours:
            raise UserError("Another Blender is at work in this SV3D folder.", "Wait until it is done, then try again.")
        end = time.monotonic() + _ENDING
        while is_engine_used(places.home):
            if time.monotonic() > end:
                raise UserError(
                    "Another Blender uses this engine.",
                    "Close the other Blender, or wait until its job is done and close it, then press the button again.",
                )
            check()
            time.sleep(_TURN)
        yield


@dataclass(frozen=True)
class Stamp:
    """What an environment was made from."""

    lock: str  # its fingerprint
    torch: str  # the build's name
    packages: dict[str, str]  # name: version
    brought: dict[str, str] = field(default_factory=dict)  # those among them that PyTorch brought along
    device: str = ""  # what the engine found to compute on: "cuda", "mps" or "cpu"
    device_name: str = ""
    device_bytes: int = 0  # its memory


def read_stamp(environment: Path) -> Stamp | None:
    """The stamp; None where there is none that can be read, as while an environment is being changed."""
    with suppress(OSError, ValueError, TypeError):
        return Stamp(**json.loads((environment / STAMP).read_text(encoding="utf-8")))
    return None


def write_stamp(environment: Path, stamp: Stamp) -> None:
    (environment / STAMP).write_text(json.dumps(asdict(stamp), indent=1), encoding="utf-8")


def look(places: Places, lock: str, *, files: bool = False) -> State:
    """How the environment is, for a lock of this fingerprint; in milliseconds, or with all ``files`` in seconds."""
    environment = places.environment
    if not environment.is_dir():
        begun = places.wheels.is_dir() or places.unfinished.is_dir()
        return State.UNFINISHED if begun else State.MISSING
    stamp = read_stamp(environment)
    if stamp is None or not python_in(environment).exists():  # a link may lead to a Blender that is gone
        return State.DAMAGED
    there = installed(environment)
    if any(name not in there or there[name].version != version for name, version in stamp.packages.items()):
        return State.DAMAGED
    if files and not all(is_whole(there[name]) for name in stamp.packages):
        return State.DAMAGED
    return State.READY if stamp.lock == lock else State.OUTDATED
