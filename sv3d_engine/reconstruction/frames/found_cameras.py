"""The cameras that an orbit's outlines agree with, told in words, and the frames made to fit them."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...ground.progress import Progress
from ...ground.torch_setup import one_thread
from ...orbit.orbit_files import MIN_FRAMES, CameraFile
from ...shared.errors import UserError
from .camera_fit import AGREE, GIVEN, SWINGS, Candidate, best_orbit, misfit
from .camera_readings import BACKWARDS, CLOSED, PART, POLAR, RADIANS, REVERSED, readings_of
from .coherence import Outlines, TurnCameras
from .distinct_views import count_views, may_be_turned
from .straighten import NOTHING_DONE, Straightening, straightened

CameraSearch = Literal["used", "told", "none"]  # what becomes of cameras that the frames agree with better

_SIZE = 288  # pixels that outlines are compared at
_MOST = 42  # frames of a long orbit that are looked at
_SURVEYED = 0.005  # frame widths: mattes of photographs are as far off, and their cameras are not
NO_ORBIT = 0.01  # frame widths: outlines that miss one another by more on average are not of one object
_TURNED = 0.002  # frame widths: a vase looks alike from all sides, and its outlines agree so well with some orbit
_LEVEL = 2.0  # degrees: a camera that rises and falls by less stays level


@dataclass(frozen=True)
class Found:
    """Frames with the cameras that they agree with."""

    frames: NDArray[np.uint8]  # (N, S, S, 4) straight alpha
    described: CameraFile
    notes: tuple[str, ...]
    straightening: Straightening = NOTHING_DONE


def find_cameras(
    frames: NDArray[np.uint8],  # (N, S, S, 4) straight alpha
    described: CameraFile,
    progress: Progress,
    *,
    as_given: bool,  # what is found is only told
    surveyed: bool = False,  # another tool has found or made the cameras, which is more than outlines can tell
) -> Found:
    """The given cameras where the outlines agree with them, else those that agree clearly better.

    Raises UserError where no orbit agrees, unless the cameras are to stay as given.
    """
    chosen = _some(len(frames))
    alpha = np.stack([_shrunk(frames[i, ..., 3]) for i in chosen])
    readings = readings_of(frames, described)
    short = {name: _part(cameras, chosen) for name, cameras in readings.items()}
    with one_thread():  # many small steps: threads would only wait for each other
        outlines = Outlines(alpha)
        if surveyed and (apart := misfit(outlines, short[GIVEN])) < NO_ORBIT:
            if apart < _SURVEYED:
                return Found(frames, described, ())
        elif surveyed and not as_given:
            raise _not_these(apart)
        few = count_views(frames) < min(MIN_FRAMES, len(frames))
        if few and misfit(outlines, short[GIVEN]) > AGREE and not may_be_turned(frames):
            raise _no_turn(frames)
        first, best = best_orbit(outlines, short.pop(GIVEN), short, progress)
    if few and best.misfit > _TURNED:
        raise _no_turn(frames)
    _check(best, as_given)
    if best is first:
        return Found(frames, described, ())
    sentences = _told(best, readings[best.reading], described, chosen, len(frames[0]))
    better = f"({_pixels(best.misfit)} instead of {_pixels(first.misfit)} pixels apart)"
    if as_given:
        note = f"The cameras are used as given, though the outlines agree better with others {better}: "
        return Found(frames, described, (note + " ".join(sentences),))
    cameras = _whole(best, readings[best.reading], chosen)
    fov, done, size = cameras.fov_deg, NOTHING_DONE, len(frames[0])
    if max(map(abs, cameras.aim)) * size > 0.25 or abs(cameras.roll) > 0.1:
        frames, fov = straightened(frames, cameras.aim, cameras.roll, fov)
        done = Straightening(cameras.aim, cameras.roll, len(frames[0]) / size)
    angles = zip(described.views, cameras.elevations.tolist(), cameras.azimuths.tolist(), strict=True)
    views = tuple(replace(view, elevation=round(e, 4), azimuth=round(a, 4)) for view, e, a in angles)
    notes = (f"{' '.join(sentences)} So the outlines agree {better}.",)
    return Found(frames, replace(described, fov_deg=round(fov, 4), views=views), notes, done)


def _some(count: int) -> list[int]:
    """Places of at most _MOST frames, evenly spread, the last among them."""
    step = -(-count // _MOST)
    return list(range(count - 1, -1, -step))[::-1]


def _shrunk(alpha: NDArray[np.uint8]) -> NDArray[np.float32]:
    whole = torch.from_numpy(alpha / np.float32(255))[None]
    size = min(_SIZE, alpha.shape[-1])
    small: NDArray[np.float32] = torch.nn.functional.interpolate(
        whole[None], size=(size, size), mode="bilinear", antialias=True, align_corners=False
    )[0, 0].numpy()
    return small


def _part(cameras: TurnCameras, chosen: list[int]) -> TurnCameras:
    away = None if cameras.away is None else cameras.away[chosen]
    return replace(cameras, elevations=cameras.elevations[chosen], azimuths=cameras.azimuths[chosen], away=away)


def _whole(best: Candidate, reading: TurnCameras, chosen: list[int]) -> TurnCameras:
    """The found cameras of all frames: those that were not looked at move as their neighbours do."""
    turned, risen = (
        torch.from_numpy(np.interp(np.arange(len(of_all)), chosen, (found - of_all[chosen]).numpy())).float()
        for found, of_all in (
            (best.cameras.azimuths, reading.azimuths),
            (best.cameras.elevations, reading.elevations),
        )
    )
    return replace(
        best.cameras,
        elevations=reading.elevations + risen,
        azimuths=reading.azimuths + turned,
        away=reading.away,
    )


def _check(best: Candidate, as_given: bool) -> None:
    if best.misfit > NO_ORBIT and not as_given:
        raise UserError(
            "The frames and the cameras do not fit together: no shape could look like this from all sides.",
            "Check that the frames are in order, that the object stands still while the camera goes round it once, and "
            "that nothing but the object shows. Or choose Cameras as Given (--cameras-as-given) to go on all the same.",
            f"The outlines miss one another by {_pixels(best.misfit)} pixels of 576, whatever the cameras are.",
        )


def _not_these(apart: float) -> UserError:
    return UserError(
        "The pictures and their cameras do not fit together: no shape could look like this from all of them.",
        "Check that the cameras were found with these very pictures, that nothing but the object shows in them, and "
        "that no camera stands within the object. Or choose Cameras as Given (--cameras-as-given) to go on.",
        f"The outlines miss one another by {_pixels(apart)} pixels of 576.",
    )


class NoTurnError(UserError):
    """The frames show one side of the object, whatever else may be wrong with them."""


def _no_turn(frames: NDArray[np.uint8]) -> NoTurnError:
    count = count_views(frames)
    shown = "the object from one side" if count == 1 else f"no more than {count} different sides of the object"
    return NoTurnError(
        f"The pictures do not turn: all frames show {shown}.", "Use frames that go all the way round the object."
    )


def _told(best: Candidate, reading: TurnCameras, described: CameraFile, chosen: list[int], size: int) -> list[str]:
    """What is otherwise than was given, as sentences."""
    told = []
    if REVERSED in best.reading:
        told.append("The camera goes clockwise round the object, seen from above.")
    if best.reading.startswith(BACKWARDS):
        told.append("The frames are in the reverse order of the cameras.")
    if best.reading.startswith(CLOSED):
        told.append("The last picture shows the first one's side again.")
    cameras = _whole(best, reading, chosen)
    if best.reading.startswith(PART):
        round_it = float(_steps(cameras.azimuths).sum())
        told.append(f"The frames go {round_it:.0f}° round the object only; its other sides are guessed.")
    was, now = described.views[-1].elevation, float(cameras.elevations[-1])
    low, high = float(cameras.elevations.min()), float(cameras.elevations.max())
    if best.reading == POLAR:
        told.append("The elevations were counted from above the object, not from its side.")
    elif best.reading == RADIANS:
        told.append("The elevations are in radians.")
    elif best.reading.startswith(SWINGS) and high - low >= _LEVEL:
        told.append(f"The camera rises and falls on its way round, between elevations of {low:.0f}° and {high:.0f}°.")
    elif abs(now - was) >= 0.5:
        told.append(f"The camera stands at an elevation of about {now:.0f}°, not {was:.0f}°.")
    right, down = (round(share * size) for share in cameras.aim)
    if right or down:
        aside = [f"{abs(right)} pixels {'right' if right > 0 else 'left'}"] * bool(right)
        aside += [f"{abs(down)} pixels {'below' if down > 0 else 'above'}"] * bool(down)
        told.append(f"The object turns about a place {' and '.join(aside)} of the frames' middle; they were moved.")
    if abs(cameras.roll) >= 0.5:
        told.append(f"The frames lean by {abs(cameras.roll):.0f}°; they were turned upright.")
    if abs(cameras.fov_deg - described.fov_deg) >= 0.5:
        told.append(f"The lens sees about {cameras.fov_deg:.0f}°, not {described.fov_deg:.0f}°.")
    steps = _steps(cameras.azimuths)
    if float((steps - _steps(reading.azimuths)).abs().max()) >= 1:
        told.append(f"The steps from frame to frame are uneven, {steps.min():.0f}° to {steps.max():.0f}°.")
    return told


def _steps(azimuths: Tensor) -> Tensor:  # (N,) -> (N − 1,)
    """The shortest ways, in degrees: from 350° to 5° it is 15°."""
    return ((azimuths.diff() + 180) % 360 - 180).abs()


def _pixels(share: float) -> str:
    return f"{share * 576:.1f}"
