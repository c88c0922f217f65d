"""Which objects of a benchmark are known, and what one of them lacks, told before minutes are spent on it."""

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...shared.errors import UserError
from .ray_caster import RayCaster
from .rebuild_task import REAL_ORBITS
from .true_views import ORBITS, VIEWS

_CAMERAS = ("fov_deg", "distance", "resolution")


def known_objects(bench: Path) -> list[str]:
    """Names of the folders of objects with a known surface, in lexical order."""
    return sorted(f.parent.name for f in bench.glob("*/mesh.glb") if (f.parent / "cameras.json").is_file())


def real_orbits(bench: Path, asked: Sequence[str] | None) -> list[str]:
    """The real orbits asked for; without a word all that are there."""
    if asked is not None:
        return list(asked)
    return sorted(f.parent.name for f in (bench / REAL_ORBITS).glob("*/000.png"))


def check_sources(sources: Sequence[Path], arguments: argparse.Namespace) -> None:
    """Raises UserError for what cannot be evaluated: by the command's numbers, by the machine, or by an object."""
    if arguments.jobs < 1:
        raise UserError(f"{arguments.jobs} objects at once are none.", "Give 1 or more with --jobs.")
    names = [source.name for source in sources]
    if twice := {name for name in names if names.count(name) > 1}:
        raise UserError(f"Several objects are called {', '.join(sorted(twice))}.", "Evaluate them one after another.")
    known = [source for source in sources if source.parent.name != REAL_ORBITS]
    for source in known:
        if lacking := what_lacks(source, relit=bool(arguments.bpy_python)):
            raise UserError(
                f"{source} is no known object: {lacking}.",
                "It has to hold mesh.glb, the frames of an orbit, and cameras.json, which names these and eval views.",
            )
    if known:
        RayCaster(np.zeros((1, 3, 3)))  # raises where there is no Embree


def what_lacks(source: Path, relit: bool = False) -> str:
    """What keeps an object's folder from being rebuilt and scored, and with ``relit`` relit; "" if nothing does."""
    return next(_lacking(source, relit), "")


def _lacking(source: Path, relit: bool) -> Iterator[str]:
    """Only the first is sure: the others are looked for as if that were there."""
    if not (source / "mesh.glb").is_file():
        yield "mesh.glb is not there"
    cameras = _read(source / "cameras.json")
    if not cameras:
        yield "cameras.json is not there, or tells nothing"
    yield from (f"cameras.json names no {name}" for name in (*_CAMERAS, VIEWS) if not cameras.get(name))
    there = [name for name in ORBITS if (source / name).is_dir()]
    if not there:
        yield f"there is neither {' nor '.join(ORBITS)}"
    for orbit in there:
        if not cameras.get(orbit):
            yield f"cameras.json does not name the frames of {orbit}"
        files = [f"{orbit}/{Path(view['file']).name}" for view in cameras[orbit]]
        yield from (f"{file} is not there" for file in files if not (source / file).is_file())
    if relit and not _read(source / "meta.json"):
        yield "meta.json, which relighting (--bpy-python) needs, is not there, or tells nothing"


def views_told(sources: Iterable[Path]) -> str:
    """How many views to compare at an object has, and how large they are: "8 of 576²"; each kind once."""
    kinds: dict[str, None] = {}  # an ordered set
    for source in sources:
        cameras = _read(source / "cameras.json")
        kinds[f"{len(cameras[VIEWS])} of {cameras['resolution'][0]}²"] = None
    return " or ".join(kinds)


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
