"""What the angles of an orbit's cameras, or the lack of them, could mean."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from ...orbit.orbit_files import CameraFile
from .camera_fit import GIVEN, SWINGS
from .coherence import TurnCameras

REVERSED, POLAR, BELOW, CLOSED, PART, RADIANS = "reversed", "polar", "below", "closed", "part", "radians"
BACKWARDS = "backwards"

_RISE = 30.0  # degrees that SV3D's own orbit rises and falls, which is where the search for another begins
_CLOSED = 0.5  # of the difference between neighbours: first and last picture that differ by less show one side


def readings_of(frames: NDArray[np.uint8], described: CameraFile) -> dict[str, TurnCameras]:
    """What the same numbers, or the lack of them, could mean."""
    elevations = torch.tensor([view.elevation for view in described.views])
    azimuths = torch.tensor([view.azimuth for view in described.views])
    away = torch.tensor([view.away for view in described.views])
    given = TurnCameras(elevations, azimuths, described.fov_deg, away=None if bool((away == 1).all()) else away)
    last = float(azimuths[-1])
    ways = {GIVEN: azimuths}
    if described.assumed:
        share = torch.linspace(0, 1, len(azimuths))
        if _closes(frames):
            ways[CLOSED] = last + 360 * (share - 1)
        ways |= {f"{PART} {turn}": last + turn * (share - 1) for turn in (180, 270)}
    readings = {name: replace(given, azimuths=way) for name, way in ways.items()}
    if described.assumed:
        rise = _RISE * torch.deg2rad(azimuths).sin()
        readings |= {f"{SWINGS} {sign}": replace(given, elevations=elevations + sign * rise) for sign in (1, -1)}
    for name, one in list(readings.items()):
        other = REVERSED if name == GIVEN else f"{name} {REVERSED}"
        readings[other] = replace(one, azimuths=2 * last - one.azimuths)
    if not described.assumed:
        readings[BELOW] = replace(given, elevations=-elevations)
        readings[POLAR] = replace(given, elevations=(90 - elevations).clamp(-89, 89))
        if float(elevations.max() - elevations.min()) > 1:  # else only the way round tells them apart
            readings |= {f"{BACKWARDS} {kept}": _backwards(given, kept) for kept in (0, 1)}
        if float(elevations.abs().max()) <= np.pi / 2 and float(elevations.max() - elevations.min()) > 0.05:
            readings[RADIANS] = replace(given, elevations=torch.rad2deg(elevations).clamp(-89, 89))
    return readings


def _backwards(given: TurnCameras, kept: int) -> TurnCameras:
    """The cameras in the reverse order, but for the last ``kept``: in SV3D's order that is the first picture."""
    count = len(given.azimuths)
    order = [*range(count - kept - 1, -1, -1), *range(count - kept, count)]
    away = None if given.away is None else given.away[order]
    return replace(given, elevations=given.elevations[order], azimuths=given.azimuths[order], away=away)


def _closes(frames: NDArray[np.uint8]) -> bool:
    """Whether the last picture shows the first one's side."""
    steps = [_difference(one, other) for one, other in pairwise(frames)]
    return _difference(frames[0], frames[-1]) < _CLOSED * float(np.median(steps))


def _difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean over the object of how far two frames differ, of 255."""
    step = max(1, len(one) // 96)
    a, b = (frame[::step, ::step].astype(np.float32) for frame in (one, other))
    cover = np.maximum(a[..., 3], b[..., 3])
    over_white = (frame[..., :3] * frame[..., 3:] / 255 + 255 - frame[..., 3:] for frame in (a, b))
    apart = np.abs(np.subtract(*over_white)).mean(-1)
    return float((apart * cover).sum() / max(float(cover.sum()), 1.0))
