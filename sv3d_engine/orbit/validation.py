"""What SV3D can do with a camera orbit: mistakes are refused, what it was not trained on is told."""

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal

from ..shared import trajectory
from ..shared.errors import UserError
from ..shared.trajectory import (
    MAX_ELEVATION,
    REGULAR_STEP,
    SV3D_FOV_DEG,
    SV3D_FRAME_COUNT,
    TRAINED_ELEVATIONS,
    TRAINED_JUMP,
    TRAINED_RISE,
    TRAINED_STEP,
    Pose,
)
from .orbit_files import check_elevation, read_cameras

_SAME_AZIMUTH = 0.01  # closer than this, two frames are one view


def check_sv3d_orbit(poses: Sequence[Pose]) -> tuple[str, ...]:
    """Check the 21 poses, degrees, of which the last is the picture's view; only azimuths relative to it matter.

    Returns what the model was not trained for, as sentences.  Raises UserError for another number of frames, an
    elevation beyond ±89° and azimuths that do not grow once all the way round in the order of the frames.
    """
    if len(poses) != SV3D_FRAME_COUNT:
        raise UserError(
            f"The camera orbit has {len(poses)} frames.",
            f"SV3D makes exactly {SV3D_FRAME_COUNT}, the last of which is the picture's own view.",
        )
    for number, pose in enumerate(poses, 1):
        check_elevation(pose.elevation, f"frame {number} of the orbit")
        if not math.isfinite(pose.azimuth):
            raise UserError(f"The azimuth of frame {number} of the orbit is {pose.azimuth}.", "Give it in degrees.")
    steps = _azimuth_steps(poses)
    _check_once_round(steps)
    return (*_uneven_steps(steps), *_unusual_elevations(poses))


def poses_from_file(path: Path) -> tuple[tuple[Pose, ...], tuple[str, ...]]:
    """The poses of a cameras.json in the order of its frames, and what SV3D cannot follow of it, as sentences.

    The azimuths stay as they are written.  Raises UserError for what cannot be read; check_sv3d_orbit does the rest.
    """
    described = read_cameras(path)
    poses = tuple(Pose(view.elevation, view.azimuth) for view in described.views)
    if abs(described.fov_deg - SV3D_FOV_DEG) < 0.05:
        return poses, ()
    return poses, (f"{path.name} says {described.fov_deg:g}° field of view; SV3D's own is always {SV3D_FOV_DEG:g}°.",)


def resolve_orbit(
    name: str, elevation: float, amplitude: float, seed: int, cameras: Path | None, variant: Literal["u", "p"]
) -> tuple[tuple[Pose, ...], tuple[str, ...]]:
    """The checked poses of an orbit that a job names (one of protocol.ORBITS), and warnings as sentences.

    ``elevation`` is the picture's, ``amplitude`` that of a sine, both in degrees; ``seed`` is for a dynamic orbit,
    ``cameras`` for one from a file.  Raises UserError, also for an orbit that SV3D_u cannot follow.
    """
    check_elevation(elevation, "the picture")
    if variant == "u" and name not in {"auto", "static"}:
        raise UserError(
            "The chosen weights are SV3D_u, which takes no camera orbit.",
            "Choose the static orbit, or weights of SV3D_p.",
        )
    poses, warnings = _poses(name, elevation, amplitude, seed, cameras, variant)
    return poses, (*warnings, *check_sv3d_orbit(poses))


def _poses(
    name: str, elevation: float, amplitude: float, seed: int, cameras: Path | None, variant: Literal["u", "p"]
) -> tuple[tuple[Pose, ...], tuple[str, ...]]:
    if name == "auto":
        name = "static" if variant == "u" else "sine"
    match name:
        case "static":
            return trajectory.static(elevation), ()
        case "sine":
            _check_sine(elevation, amplitude)
            return trajectory.sine(elevation, amplitude), ()
        case "dynamic":
            return trajectory.dynamic(elevation, seed), ()
        case "file":
            if cameras is None:
                raise UserError("No cameras file is chosen for the orbit.", "Choose a cameras.json of 21 frames.")
            return poses_from_file(cameras)
    raise ValueError(f"unknown orbit {name!r}")


def _check_sine(elevation: float, amplitude: float) -> None:
    if not abs(elevation) + abs(amplitude) <= MAX_ELEVATION:  # NaN fails this too
        room = math.floor(MAX_ELEVATION - abs(elevation))
        raise UserError(
            f"An orbit that rises and falls by {amplitude:g}° around {elevation:g}° would pass over the object's pole.",
            f"Choose an amplitude of at most {room}°.",
        )


def _azimuth_steps(poses: Sequence[Pose]) -> list[float]:
    """Degrees in [0, 360) that the azimuth grows by up to each frame; up to the first, from the last."""
    return [(b.azimuth - a.azimuth) % 360.0 for a, b in pairwise([poses[-1], *poses])]


def _check_once_round(steps: list[float]) -> None:
    """The steps add up to whole turns: one if the azimuths grow in order, many if they fall."""
    for i, step in enumerate(steps):
        if min(step, 360.0 - step) < _SAME_AZIMUTH:
            raise UserError(
                f"Frames {_before(i)} and {i + 1} of the orbit have the same azimuth.",
                f"Spread the {SV3D_FRAME_COUNT} azimuths over the whole turn, for instance in steps of "
                f"{REGULAR_STEP:.4g}°; the last frame is the picture's view.",
            )
    turns = round(sum(steps) / 360.0)
    if turns == 1:
        return
    if all(step > 180.0 for step in steps):
        raise UserError(
            "The camera orbit goes clockwise.",
            "SV3D goes round counter-clockwise seen from above: let the azimuths grow from frame to frame.",
        )
    back = next((i for i, step in enumerate(steps) if step > 180.0), None)
    if back is not None:
        raise UserError(
            f"The camera orbit jumps back from frame {_before(back)} to frame {back + 1}.",
            "Put the frames in such an order that their azimuths grow once all the way round.",
        )
    raise UserError(
        f"The camera orbit goes round the object {turns} times.", "Let the azimuths grow by 360° in all, not more."
    )


def _uneven_steps(steps: list[float]) -> list[str]:
    widest = max(range(len(steps)), key=steps.__getitem__)
    if steps[widest] <= TRAINED_STEP:
        return []
    return [
        f"Frames {_before(widest)} and {widest + 1} are {steps[widest]:.0f}° apart; "
        f"SV3D is used to steps of about {REGULAR_STEP:.0f}°."
    ]


def _unusual_elevations(poses: Sequence[Pose]) -> list[str]:
    warnings = []
    picture = poses[-1].elevation
    lowest, highest = TRAINED_ELEVATIONS
    if not lowest <= picture <= highest:
        warnings.append(
            f"The picture's elevation is {picture:g}°; SV3D was trained on pictures from {lowest:g}° to {highest:g}°."
        )
    rise = max((pose.elevation - picture for pose in poses), key=abs)
    if abs(rise) > TRAINED_RISE:
        way = "above" if rise > 0 else "below"
        warnings.append(
            f"The camera goes {abs(rise):.0f}° {way} the picture's view; SV3D is best within {TRAINED_RISE:.0f}°."
        )
    jumps = [abs(b.elevation - a.elevation) for a, b in pairwise([poses[-1], *poses])]
    steepest = max(range(len(jumps)), key=jumps.__getitem__)
    if jumps[steepest] > TRAINED_JUMP:
        warnings.append(
            f"The elevation changes by {jumps[steepest]:.0f}° from frame {_before(steepest)} to frame {steepest + 1}; "
            "SV3D may lose the object between them."
        )
    return warnings


def _before(index: int) -> int:
    """The number, from 1, of the frame before the one at ``index``; before the first comes the last."""
    return index or SV3D_FRAME_COUNT
