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
    guidance_scale: float = 2.5  # at the back view

    def chosen(self, sampler: str, steps: int | None, guidance_scale: float | None) -> "Usage":
        """What is asked for in protocol.OrbitJob's words, and what suits the model for the rest."""
        if sampler == "auto":
            sampler, steps = self.sampler, self.steps if steps is None else steps
        scale = self.guidance_scale if guidance_scale is None else guidance_scale
        return Usage(sampler, STEPS[sampler] if steps is None else steps, scale)


def read_usage(facts: Mapping[str, Any]) -> Usage:
    """What a file's facts tell; the official way where they tell nothing, or nothing that can be used."""
    usage = Usage()
    sampler, steps, scale = (facts.get(name) for name in ("sampler", "steps", "guidance_scale"))
    if not isinstance(sampler, str) or sampler not in STEPS or type(steps) is not int or not 1 <= steps <= MOST_STEPS:
        sampler, steps = usage.sampler, usage.steps
    usable = isinstance(scale, int | float) and not isinstance(scale, bool) and 0 <= scale <= MOST_GUIDANCE
    return Usage(sampler, steps, float(scale) if scale is not None and usable else usage.guidance_scale)
