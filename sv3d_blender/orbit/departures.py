"""What of a scene's cameras SV3D cannot follow, said in plain words that name them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ...sv3d_engine.shared.trajectory import (
    MAX_ELEVATION,
    SV3D_FOV_DEG,
    TRAINED_ELEVATIONS,
    TRAINED_JUMP,
    TRAINED_RISE,
    Pose,
)
from ..phrase import phrase
from .standing import SceneCamera, Standing

# Smaller than these, nobody meant it and no frame shows it.
_DISTANCE = 0.03  # of the cameras' own
_ROLL, _AIM, _LENS = 2.0, 2.0, 0.5  # degrees
_LIMITS = {"fov": SV3D_FOV_DEG, "elevation": MAX_ELEVATION}
_OUTSIDE = "{front} shows the picture's view from {picture:.0f}°. SV3D was trained on {low:g}° to {high:g}°."
_ABOVE = "The way goes {rise:.0f}° above the view of {front}. SV3D is best within {most:g}°."
_BELOW = "The way goes {rise:.0f}° below the view of {front}. SV3D is best within {most:g}°."
_JUMP = (
    "Before view {view}, counted from {front}, the height changes by {jump:.0f}° at once. "
    "SV3D is best within {most:g}°."
)


@dataclass(frozen=True)
class Departure:
    """A sentence for the artist, and the cameras it is of, as their places in what was given."""

    kind: str
    text: str
    cameras: tuple[int, ...] = ()


def of_cameras(cameras: Sequence[SceneCamera], stands: Sequence[Standing]) -> list[Departure]:
    """What is wrong with each by itself; all of it is made right, and the sentences say how."""
    usual = median(stand.distance for stand in stands)

    def found(kind: str, amounts: Iterable[float], most: float, one: str, many: str) -> None:
        off = {i: amount for i, amount in enumerate(amounts) if amount > most}
        if off:
            names = named([cameras[i].name for i in off])
            text = phrase(many if len(off) > 1 else one, names=names, worst=max(off.values()), **_LIMITS)
            told.append(Departure(kind, text, tuple(off)))

    told: list[Departure] = []
    found(
        "distance",
        (abs(stand.distance / usual - 1) for stand in stands),
        _DISTANCE,
        "{names} stands nearer or farther than the rest, by up to {worst:.0%}. "
        "SV3D keeps one distance, and only the direction is taken.",
        "{names} stand nearer or farther than the rest, by up to {worst:.0%}. "
        "SV3D keeps one distance, and only the direction is taken.",
    )
    found(
        "roll",
        (abs(stand.roll) for stand in stands),
        _ROLL,
        "{names} leans sideways, by up to {worst:.0f}°. SV3D's camera is set upright.",
        "{names} lean sideways, by up to {worst:.0f}°. SV3D's camera is set upright.",
    )
    found(
        "aim",
        (stand.aim for stand in stands),
        _AIM,
        "{names} looks past the target, by up to {worst:.0f}°. SV3D's camera is turned to it.",
        "{names} look past the target, by up to {worst:.0f}°. SV3D's camera is turned to it.",
    )
    found(
        "lens",
        (abs((camera.fov_deg or 0.0) - SV3D_FOV_DEG) for camera in cameras),
        _LENS,
        "{names} has another lens. SV3D always sees {fov:g}° across.",
        "{names} have another lens. SV3D always sees {fov:g}° across.",
    )
    found(
        "elevation",
        (abs(stand.elevation) for stand in stands),
        MAX_ELEVATION,
        "{names} stands straight above or below the target, and is taken at {elevation:g}°.",
        "{names} stand straight above or below the target, and are taken at {elevation:g}°.",
    )
    return told


def of_views(poses: Sequence[Pose], front: str, front_index: int) -> list[Departure]:
    """What of the finished 21 views lies outside of what SV3D was trained on; the last is the picture's."""
    told: list[Departure] = []
    picture = poses[-1].elevation
    low, high = TRAINED_ELEVATIONS
    if not low <= picture <= high:
        text = phrase(_OUTSIDE, front=front, picture=picture, low=low, high=high)
        told.append(Departure("picture", text, (front_index,)))
    rise = max((pose.elevation - picture for pose in poses), key=abs)
    if abs(rise) > TRAINED_RISE:
        text = phrase(_ABOVE if rise > 0 else _BELOW, rise=abs(rise), front=front, most=TRAINED_RISE)
        told.append(Departure("rise", text))
    jumps = [abs(pose.elevation - poses[i - 1].elevation) for i, pose in enumerate(poses)]
    steepest = max(range(len(jumps)), key=jumps.__getitem__)
    if jumps[steepest] > TRAINED_JUMP:
        text = phrase(_JUMP, view=steepest + 1, front=front, jump=jumps[steepest], most=TRAINED_JUMP)
        told.append(Departure("jump", text))
    return told


def named(names: Sequence[str]) -> str:
    """The cameras of a sentence: all, or the first of many."""
    if len(names) > 3:
        return phrase("{first}, {second} and {count} more", first=names[0], second=names[1], count=len(names) - 2)
    if len(names) == 3:
        return phrase("{first}, {second} and {third}", first=names[0], second=names[1], third=names[2])
    return phrase("{first} and {second}", first=names[0], second=names[1]) if len(names) == 2 else names[0]
