"""What is known of a model before it is loaded: how it is best sampled, how long it takes, which one comes along."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .architecture import OFFICIAL_FRAME_SIZE, UNET, Shapes
from .errors import UserError
from .protocol import MOST_GUIDANCE, MOST_STEPS

STEPS = {"euler": 50, "ays": 10, "dpm++2m": 20}  # of each sampler, where no number is asked for


@dataclass(frozen=True)
class Usage:
    """What suits a model; the defaults are those of the official weights."""

    sampler: str = "euler"
    steps: int = STEPS["euler"]
    guidance_scale: float = 2.5  # by the picture, at the back view
    camera_guidance: float = 1.0  # by the camera, at the back view; 1 is none

    def chosen(
        self, sampler: str, steps: int | None, guidance_scale: float | None, camera_guidance: float | None = None
    ) -> "Usage":
        """What is asked for in protocol.OrbitJob's words, and what suits the model for the rest."""
        if sampler == "auto":
            sampler, steps = self.sampler, self.steps if steps is None else steps
        scale = self.guidance_scale if guidance_scale is None else guidance_scale
        camera = self.camera_guidance if camera_guidance is None else camera_guidance
        return Usage(sampler, STEPS[sampler] if steps is None else steps, scale, camera)


def read_usage(facts: Mapping[str, Any]) -> Usage:
    """What a file's facts tell; the official way where they tell nothing, or nothing that can be used."""
    usage = Usage()
    sampler, steps = facts.get("sampler"), facts.get("steps")
    if not isinstance(sampler, str) or sampler not in STEPS or type(steps) is not int or not 1 <= steps <= MOST_STEPS:
        sampler, steps = usage.sampler, usage.steps
    return Usage(
        sampler,
        steps,
        _strength(facts.get("guidance_scale"), usage.guidance_scale),
        _strength(facts.get("camera_guidance"), usage.camera_guidance),
    )


def _strength(told: Any, otherwise: float) -> float:
    usable = isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told <= MOST_GUIDANCE
    return float(told) if usable else otherwise


STEP_SECONDS = {"cuda": 0.8, "mps": 30.0, "cpu": 900.0}  # of the official model's 66 TFLOP; "cpu" is two cores
STEPS_AROUND = 5  # loading, encoding and decoding take about as long as this many steps

_LEAST_STEP = 0.04  # seconds to start the many small operations of a step, however little each one does
_OFFICIAL_WEIGHTS = 1_525_000_000  # of the UNet


def step_share(shapes: Shapes, frame_size: int) -> float:
    """About what share of the official model's work a step is: the UNet's weights times the pixels they go over."""
    weights = sum(math.prod(shape) for key, shape in shapes.items() if key.startswith(UNET))
    return weights / _OFFICIAL_WEIGHTS * (frame_size / OFFICIAL_FRAME_SIZE) ** 2


def orbit_seconds(steps: int, share: float, device: str) -> float:
    """What an orbit takes, within a factor of two; ``share`` is step_share's, ``device`` a key of STEP_SECONDS."""
    return (steps + STEPS_AROUND) * max(share * STEP_SECONDS[device], _LEAST_STEP)


_GUIDED_STEP = 3.0  # a step of masked SDS in steps of an orbit: it encodes 21 frames twice, once with gradients
_LEAST_GUIDED = {"cuda": 0.6, "mps": 2.0, "cpu": 4.0}  # seconds, with SV3D-mini; rendering and encoding for the most


def guided_seconds(steps: int, share: float, device: str) -> float:
    """What masked SDS takes, within a factor of two; the words are those of ``orbit_seconds``."""
    return (steps + STEPS_AROUND) * max(_GUIDED_STEP * share * STEP_SECONDS[device], _LEAST_GUIDED[device])


NAME = "SV3D-mini"
BUNDLED = "mini"  # as commands call it
NOTE = f"Made with {NAME}, a small demonstration model. For production choose the official SV3D weights."

_FILE = Path(__file__).resolve().parents[1] / "sv3d" / "sv3d_mini" / "sv3d_mini.safetensors"


def bundled_weights() -> Path | None:
    """The file of SV3D-mini, which makes frames of 128² pixels; None where the engine comes without it."""
    return _FILE if _FILE.is_file() else None


def model_file(model: str) -> Path:
    """The weights that a command means: "mini", or a file.  Raises UserError if the bundled ones are not there."""
    if model != BUNDLED:
        return Path(model)
    path = bundled_weights()
    if path is None:
        raise UserError("This copy of SV3D has no model of its own.", "Give a file of weights with --model FILE.")
    return path
