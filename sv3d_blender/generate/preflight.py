"""What can be told before the click: what the weights are, whether the orbit suits them, how long it takes."""

import json
import math
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.architecture import FACTS, read_architecture
from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.model_facts import (
    STEP_SECONDS,
    STEPS,
    Usage,
    bundled_weights,
    orbit_seconds,
    read_usage,
    step_share,
)
from ...sv3d_engine.shared.trajectory import MAX_ELEVATION, TRAINED_ELEVATIONS
from ..phrase import Phrase, phrase
from .wording import EXPECTED_MINUTES, duration

_LONGEST_HEADER = 100 << 20  # bytes, as the safetensors format says


class Model(NamedTuple):
    """What weights are."""

    variant: str  # "u", or "p" (SV3D_c is built like SV3D_p); "" where only the engine can tell
    step_share: float = 1.0  # of the official model's work, see shared/model_facts.py
    steps: int = Usage.steps  # that suit it


OFFICIAL = Model("")  # also what is taken for true until more is known


def recognised(weights: Path) -> Model:
    """The model in a weights file by its header, in milliseconds; a folder counts as the official one.

    The engine looks closer: it has the library for such files, which Blender has not.  Raises UserError for a file of
    something else.
    """
    if weights.is_dir():
        return OFFICIAL
    try:
        stat = weights.stat()
    except OSError:  # told where it is read
        return _recognised(weights, 0, 0)
    return _recognised(weights, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=8)  # every press of Generate asks
def _recognised(weights: Path, _changed: int, _size: int) -> Model:
    shapes, facts = _header(weights)
    architecture = read_architecture(shapes, facts, weights.name)
    return Model(architecture.variant, step_share(shapes, architecture.frame_size), read_usage(facts).steps)


@cache  # drawing must not touch the disk
def demonstration() -> Model | None:
    """The model that comes with the extension and is used while no weights are chosen; None if there is none."""
    weights = bundled_weights()
    try:
        return recognised(weights) if weights else None
    except UserError:  # damaged: as good as none
        return None


def _header(weights: Path) -> tuple[dict[str, tuple[int, ...]], dict[str, Any]]:
    """The shapes of a safetensors file's tensors, and what our own files tell beside them."""
    try:
        with weights.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(length) if length <= _LONGEST_HEADER else b"")
        facts = json.loads(header.pop("__metadata__", {}).get(FACTS, "{}"))
        shapes = {key: tuple(entry["shape"]) for key, entry in header.items()}
        return shapes, facts if isinstance(facts, dict) else {}
    except OSError as error:
        raise UserError(
            f"The weights file {weights.name} cannot be read.", "Check its name and folder.", str(error)
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(
            f"{weights.name} is not a whole safetensors file.",
            "Choose sv3d_p.safetensors or sv3d_u.safetensors, or download it again.",
            str(error),
        ) from error


def typed_degrees(radians: float) -> float:
    """An angle as the artist typed it: a float's last digits would lead an elevation of 89° past what is allowed."""
    return round(math.degrees(radians), 3)


def orbit_problem(orbit: str, variant: str, elevation: float, amplitude: float) -> str:
    """Why SV3D could not follow this orbit; empty if it can.  ``variant`` "" is unknown, angles are degrees."""
    if variant == "u":
        known = orbit in {"auto", "static"}
        return "" if known else "The chosen weights are SV3D_u, which only circles level: choose Level, or SV3D_p."
    if orbit in {"auto", "sine"} and abs(elevation) + abs(amplitude) > MAX_ELEVATION:
        room = int(MAX_ELEVATION - abs(elevation))
        return phrase(
            "The camera would pass over the object's pole: choose at most {room}° for Rise, under Advanced.", room=room
        )
    return ""


def orbit_advice(elevation: float) -> str:
    """What may come out less well; empty if nothing."""
    low, high = TRAINED_ELEVATIONS
    if low <= elevation <= high:
        return ""
    return phrase("SV3D was trained on pictures seen from {low:g}° to {high:g}° above.", low=low, high=high)


def orbit_time(sampler: str, steps: int, device: str, model: Model = OFFICIAL) -> str:
    """What to expect of the orbit.

    ``steps`` 0 means the sampler's own, or the model's; ``device`` "auto" that it is not known yet.
    """
    count = steps or STEPS.get(sampler, model.steps)
    times = {name: duration(orbit_seconds(count, model.step_share, name)) for name in STEP_SECONDS}
    if device == "auto" and times["cuda"] != times["cpu"]:
        return phrase(
            "{card} on a good graphics card, {processor} on a processor",
            card=_about(times["cuda"]),
            processor=times["cpu"],
        )
    shown = "cpu" if device == "auto" else device
    time = _about(times[shown])
    return phrase("{time} on a good graphics card", time=time) if shown == "cuda" else time


def expected_seconds(request: protocol.Job, device: str, model: Model = OFFICIAL) -> float:
    """What a job may take, without the engine's start; ``device`` "auto" counts as the processor."""
    seconds = 0.0
    if isinstance(request, protocol.OrbitJob):
        count = request.steps or STEPS.get(request.sampler, model.steps)
        seconds += orbit_seconds(count, model.step_share, "cpu" if device == "auto" else device)
    if isinstance(request, protocol.MeshJob | protocol.GenerateJob):
        seconds += 60.0 * EXPECTED_MINUTES[request.preset]
    return seconds


def _about(time: Phrase) -> Phrase:
    return time if time.startswith("a ") else phrase("about {time}", time=time)
