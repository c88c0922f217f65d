"""A package index of tiny wheels, and an engine set up from it."""

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sv3d.sv3d_blender.setup.commands import Commands, setup_environment
from sv3d.sv3d_blender.setup.installer import Installer
from sv3d.sv3d_blender.setup.plan import Plan, make_plan
from sv3d.sv3d_blender.setup.progress import Progress
from sv3d.sv3d_blender.setup.state import Places, State, look
from sv3d.sv3d_engine.shared.engine_python import python_in

from tests.blender.stand_in.tiny_wheels import write_wheel

LOCK = {"torch": "2.0", "scipy": "1.0", "numpy": "1.0", "tiny_one": "1.0"}
PROBE = "import json, torch, scipy, numpy, tiny_one; print(json.dumps({'device': 'cpu', 'device_name': torch.CHIP}))"


@dataclass
class Engine:
    """A home folder, an index, a lock, and what set-ups do with them."""

    folder: Path
    lock: dict[str, str] = field(default_factory=lambda: dict(LOCK))
    base: str = sys.executable

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def index(self) -> Path:
        return self.folder / "index"

    @property
    def places(self) -> Places:
        return Places(self.home)

    @property
    def locks(self) -> Path:
        """The folder of requirements, written anew."""
        folder = self.folder / "requirements"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{name.replace('_', '-')}=={version}" for name, version in self.lock.items()]
        (folder / "runtime.txt").write_text("\n".join(["# what it runs on", *lines]), encoding="utf-8")
        (folder / "cuda.txt").write_text("tiny-cuda==1.0\n", encoding="utf-8")
        return folder

    def publish(self, name: str, version: str, content: str = "", needs: tuple[str, ...] = ()) -> Path:
        return write_wheel(self.index, name, version, content, needs)

    def plan(self, own_python: str = "") -> Plan:
        return make_plan(self.home, self.locks, "cpu", own_python, [self.base])

    def set_up(
        self, report: Callable[[Progress, Callable[[], None]], None] | None = None, *, thorough: bool = False,
        plan: Plan | None = None, probe: str = PROBE, **more: str,
    ) -> list[Progress]:  # fmt: skip
        """Run a set-up; what it has reported.  ``report`` gets each progress and the cancel."""
        cancelled, told = threading.Event(), []

        def tell(progress: Progress) -> None:
            told.append(progress)
            if report:
                report(progress, cancelled.set)

        pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.index), "PIP_CONFIG_FILE": "/dev/null"}
        commands = Commands(cancelled, {**setup_environment(), **pip, **more})
        Installer(plan or self.plan(), commands, tell, probe=probe).run(thorough=thorough)
        return told

    def state(self, *, files: bool = False) -> State:
        return look(self.places, self.plan().lock, files=files)


def published(folder: Path) -> Engine:
    """An engine whose packages are all in its index."""
    engine = Engine(folder)
    for name, version in engine.lock.items():
        engine.publish(name, version)
    return engine


def runs(engine: Engine, code: str) -> str:
    """What a piece of Python prints in the engine's environment."""
    python = python_in(engine.places.environment)
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def leftovers(engine: Engine) -> set[str]:
    """What lies in the home folder beside the environment."""
    return {p.name for p in engine.home.iterdir()} - {"engine"}
