"""What ``reconstruction`` is asked: one object to rebuild and score, and what an earlier run has left of it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .likeness import lpips_ready
from .mesh_scoring import FLAT
from .nvs_figures import LPIPS

RELIT = "relit_psnr"
BENCHMARK = "benchmark"  # where the figures of evaluate.py stand beside ours
REAL_ORBITS = "real_orbits"  # the folder of these in the benchmark


@dataclass(frozen=True)
class Begun:
    """Another task of the same object, whose job may be gone on from once it is done."""

    out: str
    fingerprint: str  # it is done where its figures have this one


@dataclass(frozen=True)
class Task:
    """What to rebuild, and how; ``fingerprint`` is of all that the figures depend on."""

    source: str  # an object's folder in the benchmark, or a real orbit's
    out: str  # folder for NAME (the job), NAME.json (the figures) and pictures
    seed: int = 0
    preset: str = "standard"
    settings: Mapping[str, Any] = field(default_factory=dict)  # that differ from the preset's
    device: str = "auto"
    evaluator: str = ""  # a Python that can run the benchmark's evaluate.py, to compare our figures with its own
    fingerprint: str = ""
    bpy: str = ""  # a Python with bpy, for the relighting figure; without one it is left out
    hidden: float = 0.0  # degrees that elevations are told wrong, and the turn the other way, for the search to find
    truths: str = ""  # folder of relit true objects, which are rendered once
    orbit: str = ""  # static or dynamic; "" = the dynamic one, where it is there
    asked: Mapping[str, Any] = field(default_factory=dict)  # of the job's request, beside what the others decide
    begun: Begun | None = None  # what that has made and this one would make alike is taken over
    normals: str = ""  # what the job is told of the frames' normals, of stand_in_normals.KINDS; "" = nothing

    @property
    def name(self) -> str:
        return Path(self.source).name

    @property
    def method(self) -> str:
        """What makes the mesh, for a table's row: the preset, what differs from it, and what is told of the frames."""
        words = ["this project", self.preset, *(f"{name}={value}" for name, value in self.settings.items())]
        words += [f"{name}={value}" for name, value in self.asked.items()]
        words += ["true frames"]
        words += [f"cameras told {self.hidden:g}° wrong and the other way round"] if self.hidden else []
        words += {"true": ["true normals told"], "noisy": ["normals with errors told"]}.get(self.normals, [])
        return ", ".join(words)

    @property
    def real(self) -> bool:
        """Whether it is an orbit that SV3D made, of an object without a known surface."""
        return Path(self.source).parent.name == REAL_ORBITS

    @property
    def job(self) -> Path:
        return Path(self.out) / self.name

    @property
    def figures(self) -> Path:
        return Path(self.out) / f"{self.name}.json"

    @property
    def sheet(self) -> Path:
        return Path(self.out) / f"{self.name}_sheet.png"

    def found(self) -> dict[str, Any]:
        """What an earlier run of this same task left in ``figures``; nothing if that was another task's."""
        return left(self.figures, self.fingerprint)

    def scored(self) -> bool:
        """Whether ``figures`` has what the mesh alone tells; LPIPS as well, where its weights are here by now."""
        scores = self.found().get("scores", {})
        return bool(scores) and (self.real or FLAT + LPIPS in scores or not lpips_ready())

    def done(self) -> bool:
        """Whether ``figures`` has all that this task asks for."""
        found = self.found()
        compared = self.real or not self.evaluator or BENCHMARK in found
        return self.scored() and compared and (self.real or not self.bpy or RELIT in found["scores"])


def left(figures: Path, fingerprint: str) -> dict[str, Any]:
    """What a task with this fingerprint has written there; nothing if it was another's, or cannot be read."""
    try:
        data: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if data.get("fingerprint") == fingerprint else {}


def as_json(task: Task) -> str:
    """A task as ``main`` takes it."""
    return json.dumps(asdict(task))


def from_json(text: str) -> Task:
    """What ``as_json`` has written."""
    told = json.loads(text)
    return Task(**{**told, "begun": Begun(**told["begun"]) if told["begun"] else None})
