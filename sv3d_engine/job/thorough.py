"""Every operation of the engine, small, on one device against the processor: for the report of a bug."""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from ..ground.device import card_key, device_name, synchronize
from ..ground.lock import card_locked
from ..ground.progress import Progress
from ..shared import nvidia
from .report import versions
from .stage_device import kernels_on
from .thorough_operations import CPU, Operation, operations


@dataclass(frozen=True)
class Outcome:
    operation: str
    verdict: str  # "ok", "differs" or "failed"
    error: float | None  # the largest, of the largest value; None where there is none
    detail: str  # in its place, what is wrong; of an exception the first line
    seconds: float


@dataclass(frozen=True)
class ThoroughReport:
    """All of it, in JSON's types."""

    device: str
    name: str
    driver: str  # NVIDIA's, "" where there is none
    kernels: str  # whose
    versions: dict[str, str]
    outcomes: tuple[Outcome, ...]

    @property
    def ok(self) -> bool:
        return all(outcome.verdict == "ok" for outcome in self.outcomes)

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    def as_text(self) -> str:
        """For a terminal and to be pasted: one operation a line."""
        about = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        driver = f", driver {self.driver}" if self.driver else ""
        lines = [f"{self.device}: {self.name}{driver}", f"It runs {self.kernels}.", about, ""]
        for outcome in self.outcomes:
            told = outcome.detail or f"max error {outcome.error:.1e}"
            lines.append(f"{outcome.verdict:<8}{outcome.operation:<40}{outcome.seconds:>7.2f} s  {told}")
        well = sum(outcome.verdict == "ok" for outcome in self.outcomes)
        return "\n".join([*lines, "", f"{well} of {len(self.outcomes)} operations are well."])


class _Waiting(Progress):
    """Tells once what it waits for."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell, self._note = tell, ""

    def __call__(self, fraction: float, note: str = "") -> None:
        if note != self._note:
            self._note = note
            self._tell(note)


def examine_thoroughly(device: torch.device, tell: Callable[[str], None] = lambda line: None) -> ThoroughReport:
    """Run every operation, with a card for itself; ``tell`` gets a line as each ends."""
    outcomes = []
    with card_locked(card_key(device), _Waiting(tell)):
        kernels = kernels_on(device)
        for operation in operations(device):
            outcomes.append(_outcome(operation, device))
            tell(f"{operation.name}: {outcomes[-1].verdict}")
    driver = nvidia.find_driver()
    release = driver.release or "unknown" if driver else ""
    return ThoroughReport(device.type, device_name(device), release, kernels, versions(), tuple(outcomes))


def _outcome(operation: Operation, device: torch.device) -> Outcome:
    began = time.perf_counter()
    try:
        expected = (operation.reference or operation.run)(CPU)
        began = time.perf_counter()
        found = operation.run(device)
        synchronize(device)
        seconds = time.perf_counter() - began
        worst, strays = compare([tensor.cpu() for tensor in found], expected, operation.tolerance)
    except Exception as error:  # whatever a driver or kernel throws is the answer
        line = f"{type(error).__name__}: {error}".partition("\n")[0]
        return Outcome(operation.name, "failed", None, line, time.perf_counter() - began)
    verdict = "ok" if strays <= operation.strays else "differs"
    if not math.isfinite(worst):
        return Outcome(operation.name, verdict, None, "values that are no numbers, or another number of them", seconds)
    return Outcome(operation.name, verdict, worst, "", seconds)


def compare(found: Sequence[Tensor], expected: Sequence[Tensor], tolerance: float) -> tuple[float, float]:
    """The largest error, as a share of the largest expected value, and the largest share of values off by more.

    Of whole numbers and booleans every difference is an error of 1.
    """
    worst = strays = 0.0
    for ours, theirs in zip(found, expected, strict=True):
        if ours.shape != theirs.shape:
            return math.inf, 1.0
        if not theirs.numel():
            continue
        if theirs.is_floating_point():
            error = (ours.double() - theirs.double()).abs() / theirs.double().abs().max().clamp_min(1e-12)
            error = error.nan_to_num(nan=math.inf, posinf=math.inf)
        else:
            error = (ours != theirs).double()
        worst = max(worst, float(error.max()))
        strays = max(strays, float((error > tolerance).double().mean()))
    return worst, strays
