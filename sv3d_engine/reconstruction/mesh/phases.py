"""When the fine stage does what: its phases, as data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...ground.settings import LossWeights, Settings

WARM_UP = 20  # steps in which the rates rise at the beginning
FINAL_RATE = 0.05  # of the first, at the end


@dataclass(frozen=True)
class Ramp:
    """A rate that is ``first`` for the share ``held`` of a phase, and from there goes geometrically to ``last``."""

    first: float = 1.0
    last: float = 1.0
    held: float = 0.0

    def at(self, done: float) -> float:
        """The rate when ``done`` of the phase, in [0, 1], is over."""
        return self.first * (self.last / self.first) ** (max(0.0, done - self.held) / (1 - self.held))


@dataclass(frozen=True)
class Phase:
    """Steps with the same losses; rates are shares of shape's and appearance's own."""

    steps: int
    losses: LossWeights
    shape: Ramp
    appearance: Ramp
    guided: bool = False  # whether a ``Guide`` has a say, too
    cost: float = 1.0  # what a step takes, of an unguided one's time


@dataclass(frozen=True)
class Step:
    """One step of the fine stage, and the rates at which shape and appearance go there."""

    phase: Phase
    shape: float
    appearance: float


def phases(settings: Settings, guided_cost: float | None = None) -> tuple[Phase, ...]:
    """Colours and shape together: the colours keep their pace for the first half, the shape settles all the time.

    With ``guided_cost``, of a guided step beside another, both then move once more, where no frame looks.
    """
    settling = Phase(settings.fine_steps, settings.losses, Ramp(last=FINAL_RATE), Ramp(last=FINAL_RATE, held=0.5))
    if guided_cost is None:
        return (settling,)
    own = settings.distillation
    shape = Ramp(own.shape_rate, own.shape_rate * FINAL_RATE, held=0.5)
    colours = Ramp(own.appearance_rate, own.appearance_rate * FINAL_RATE, held=0.5)
    return (settling, Phase(own.steps, settings.losses, shape, colours, guided=True, cost=guided_cost))


def steps(plan: Sequence[Phase]) -> Iterator[Step]:
    """Every step of the phases, in order."""
    count = 0
    for phase in plan:
        for index in range(phase.steps):
            count += 1
            done, warm = index / phase.steps, min(1, count / WARM_UP)
            yield Step(phase, warm * phase.shape.at(done), warm * phase.appearance.at(done))
