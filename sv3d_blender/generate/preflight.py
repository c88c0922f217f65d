"""What can be told before the click: what the weights are, whether the orbit suits them, how long it takes."""

import json
import math
from pathlib import Path

from ...sv3d_engine.errors import UserError
from ...sv3d_engine.network.architecture import read_architecture
from ...sv3d_engine.orbit.trajectory import MAX_ELEVATION
from . import choices
from .wording import duration

# Of one step at full size; loading, encoding and decoding take about as long as some steps more.
STEP_SECONDS = {"cuda": 0.8, "mps": 30.0, "cpu": 900.0}
STEPS_AROUND = 5
_LONGEST_HEADER = 100 << 20  # bytes, as the safetensors format says
TRAINED_ELEVATIONS = (-5, 30)  # degrees, of pictures


def variant_of(weights: Path) -> str:
    """ "u" or "p" (SV3D_c is built like SV3D_p) by the file's header, in milliseconds; "" for a folder.

    The engine looks closer: it has the library for such files, which Blender has not.  Raises UserError for a file of
    something else.
    """
    return "" if weights.is_dir() else read_architecture(_shapes(weights), {}, weights.name).variant


def _shapes(weights: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of a safetensors file's tensors."""
    try:
        with weights.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(length) if length <= _LONGEST_HEADER else b"")
        return {key: tuple(entry["shape"]) for key, entry in header.items() if key != "__metadata__"}
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
        return f"The camera would pass over the object's pole: choose at most {room}° for Rise, under Advanced."
    return ""


def orbit_advice(elevation: float) -> str:
    """What may come out less well; empty if nothing."""
    low, high = TRAINED_ELEVATIONS
    return "" if low <= elevation <= high else f"SV3D was trained on pictures seen from {low}° to {high}° above."


def orbit_time(sampler: str, steps: int, device: str) -> str:
    """What to expect of the orbit; ``steps`` 0 means the sampler's own, ``device`` "auto" that it is not known yet."""
    count = (steps or choices.STEPS[sampler]) + STEPS_AROUND
    times = {name: duration(count * seconds) for name, seconds in STEP_SECONDS.items()}
    if device == "auto":
        return f"about {times['cuda']} on a good graphics card, {times['cpu']} on a processor"
    return f"about {times[device]}{' on a good graphics card' if device == 'cuda' else ''}"
