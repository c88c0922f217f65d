"""How a model is best sampled, as its file tells.

Only the standard library is used here, because the add-on tells it too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..protocol import MOST_GUIDANCE, MOST_STEPS

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
