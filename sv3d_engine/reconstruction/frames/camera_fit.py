"""Cameras found, not believed: the circular orbit that an orbit's silhouettes agree with best.

Given cameras are where the search starts, and are kept wherever the outlines agree with them.  Otherwise the way
round, the elevation and whether it rises and falls, an axis beside the middle, a tilt, the lens and uneven steps are
found, each only as far as it clearly helps.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import least_squares
from torch import Tensor

from ...ground.progress import Progress
from ...orbit.orbit_files import FOV_RANGE
from ...shared.trajectory import MAX_ELEVATION
from .coherence import Outlines, TurnCameras

GIVEN = "given"
SWINGS = "rises and falls"  # begins the name of a reading in which the camera does so once on its way round
AGREE = 0.0004  # frame widths, a quarter pixel of SV3D's frames: right cameras' outlines miss one another by less
CLEARLY = 0.6  # of the given cameras' misfit: another orbit's has to stay below to be used
_HELPS = 0.7  # of the misfit: what one more freedom has to bring it down to
_LEAST_GAIN = {"steps": 0.0002}  # frame widths: what it has to bring at the least
_NEAR = 0.0015  # frame widths: given cameras with less misfit are bettered from where they are, if at all
_WORST = 0.03  # frame widths beyond which a miss counts no more: limbs and holes that one frame alone shows

_OFFSETS = (0, *(sign * e for e in range(10, 91, 10) for sign in (1, -1)))  # degrees of elevation
_FEW = 7  # of the offsets: up to 30°
_FIRST_LOOK = 126  # rays by which candidates are ranked
_REFINED = 3  # of the candidates
_STEPS = 15  # of least squares

# What is fitted, in the order in which it is freed, and its scale: how far it may well be off.
_FREEDOMS = (("elevation", "aim right"), ("aim down", "roll"), ("lens",), ("steps",))
_SWING = ("swing sine", "swing cosine")  # degrees that the elevation goes up and down besides
_SCALES = dict.fromkeys(_SWING, 5.0) | {
    "elevation": 5.0,
    "aim right": 0.03,
    "aim down": 0.03,
    "roll": 3.0,
    "lens": 8.0,
    "steps": 3.0,
}
_PRIOR = 0.0002  # frame widths of misfit that a departure by one scale has to be worth


@dataclass(frozen=True)
class Candidate:
    """One reading of the cameras, and how far the outlines contradict it."""

    reading: str  # GIVEN, or a key of the readings
    cameras: TurnCameras
    misfit: float  # mean over the outlines, in frame widths


def misfit(outlines: Outlines, cameras: TurnCameras) -> float:
    """Mean distance in frame widths by which the outlines miss one another, but for the tenth of frames that do most.

    A frame that alone shows something else is no sign of wrong cameras: these put all frames at odds.
    """
    missed = (-outlines.within(cameras)).clamp(0, _WORST)
    frames = torch.zeros(outlines.count).index_add_(0, outlines.view, missed)
    each = frames / torch.bincount(outlines.view, minlength=outlines.count).clamp_min(1)
    return float(each.sort().values[: outlines.count - -(-outlines.count // 10)].mean())


def best_orbit(
    outlines: Outlines, given: TurnCameras, readings: Mapping[str, TurnCameras], progress: Progress
) -> tuple[Candidate, Candidate]:
    """The given cameras, and the best that were found from them and from other readings of the same numbers.

    The second is the first where nothing agrees clearly better.
    """
    first = Candidate(GIVEN, given, misfit(outlines, given))
    if first.misfit < AGREE:
        return first, first
    chosen = [first]
    if first.misfit > _NEAR:
        tried = _candidates(outlines.fewer(_FIRST_LOOK), {GIVEN: given, **readings}, progress)
        chosen = _two_of_each(sorted(tried, key=_misfit))
    found = []
    for i, start in enumerate(chosen):
        progress(0.3 + 0.7 * i / len(chosen), "Looking where the cameras stood")
        found.append(_refined(outlines, start))
    # A reading that leaves the artist's numbers as they are needs to win by less.
    best = min(found, key=lambda one: one.misfit * (1 if one.reading == GIVEN else 1.1))
    return first, best if best.misfit < min(CLEARLY * first.misfit, first.misfit - AGREE) else first


def _misfit(candidate: Candidate) -> float:
    return candidate.misfit


def _candidates(outlines: Outlines, readings: Mapping[str, TurnCameras], progress: Progress) -> Iterator[Candidate]:
    for i, (reading, cameras) in enumerate(readings.items()):
        progress(0.3 * i / len(readings), "Looking where the cameras stood")
        same = torch.equal(cameras.elevations, readings[GIVEN].elevations)
        for offset in _OFFSETS if same else _OFFSETS[:_FEW]:  # far off, one reading could pass for another
            elevations = cameras.elevations + offset
            if float(elevations.abs().max()) > MAX_ELEVATION:
                continue
            for aim in {(0.0, 0.0), (outlines.middle, 0.0)}:
                turned = replace(cameras, elevations=elevations, aim=aim)
                yield Candidate(reading, turned, misfit(outlines, turned))


def _two_of_each(candidates: list[Candidate]) -> list[Candidate]:
    """The first few, but no more than two of one reading."""
    chosen: list[Candidate] = []
    for candidate in candidates:
        if sum(one.reading == candidate.reading for one in chosen) < 2:
            chosen.append(candidate)
    return chosen[:_REFINED]


def _refined(outlines: Outlines, start: Candidate) -> Candidate:
    """The candidate with its circle fitted, and with each further freedom that helps."""
    free: tuple[str, ...] = _FREEDOMS[0] + (_SWING if start.reading.startswith(SWINGS) else ())
    best = _fitted(outlines, start, free)
    for more in _FREEDOMS[1:]:
        gain = _LEAST_GAIN.get(more[0], 0.1 * AGREE)
        if best.misfit < gain:
            continue
        freer = _fitted(outlines, best, free + more)
        if freer.misfit < min(_HELPS * best.misfit, best.misfit - gain):
            best, free = freer, free + more
    again = _fitted(outlines, best, free)  # the prior held it back on the way
    return min(best, again, key=_misfit)


def _fitted(outlines: Outlines, start: Candidate, free: tuple[str, ...]) -> Candidate:
    """Least squares over what is free."""
    names = [name for name in free if name != "steps"]
    scales = np.array([_SCALES[name] for name in names])
    count = len(names) + ("steps" in free) * (outlines.count - 1)
    rays = len(outlines.view) ** 0.5

    def cameras(x: NDArray[np.float64]) -> TurnCameras:
        by = dict(zip(names, (scales * x[: len(names)]).tolist(), strict=True))
        moved = torch.zeros(outlines.count)
        if "steps" in free:  # the last frame's azimuth is where the others are counted from
            moved[:-1] = torch.from_numpy(_SCALES["steps"] * x[len(names) :])
        return _moved(start.cameras, by, moved)

    def residuals(x: NDArray[np.float64], depths: Tensor | None = None) -> NDArray[np.float64]:
        missed = (-outlines.within(cameras(x), depths)).clamp(0, _WORST)
        return np.concatenate([missed.double().numpy() / rays, _PRIOR * x])

    def slopes(x: NDArray[np.float64]) -> NDArray[np.float64]:
        depths, small = outlines.depths(cameras(x)), 0.02  # the best places stay best nearby
        columns = [residuals(x + small * step, depths) - residuals(x - small * step, depths) for step in np.eye(count)]
        return np.stack(columns, 1) / (2 * small)

    solved = least_squares(residuals, np.zeros(count), slopes, loss="soft_l1", f_scale=0.003 / rays, max_nfev=_STEPS)
    found = cameras(solved.x)
    return replace(start, cameras=found, misfit=misfit(outlines, found))


def _moved(cameras: TurnCameras, by: Mapping[str, float], azimuths: Tensor) -> TurnCameras:
    lowest, highest = FOV_RANGE
    right, down = cameras.aim
    phase = torch.arange(1, len(azimuths) + 1) * (2 * torch.pi / len(azimuths))
    swing = by.get(_SWING[0], 0.0) * phase.sin() + by.get(_SWING[1], 0.0) * phase.cos()
    return TurnCameras(
        (cameras.elevations + by.get("elevation", 0.0) + swing).clamp(-MAX_ELEVATION, MAX_ELEVATION),
        cameras.azimuths + azimuths,
        min(max(cameras.fov_deg + by.get("lens", 0.0), lowest + 1), highest - 1),
        (right + by.get("aim right", 0.0), down + by.get("aim down", 0.0)),
        cameras.roll + by.get("roll", 0.0),
        cameras.away,
    )
