"""What of a scene's cameras SV3D cannot follow, said in plain words that name them."""

from collections.abc import Callable, Iterable, Sequence
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
from .standing import SceneCamera, Standing

# Smaller than these, nobody meant it and no frame shows it.
_DISTANCE = 0.03  # of the cameras' own
_ROLL, _AIM, _LENS = 2.0, 2.0, 0.5  # degrees


@dataclass(frozen=True)
class Departure:
    """A sentence for the artist, and the cameras it is of, as their places in what was given."""

    kind: str
    text: str
    cameras: tuple[int, ...] = ()


def of_cameras(cameras: Sequence[SceneCamera], stands: Sequence[Standing]) -> list[Departure]:
    """What is wrong with each by itself; all of it is made right, and the sentences say how."""
    usual = median(stand.distance for stand in stands)

    def found(kind: str, amounts: Iterable[float], most: float, say: Callable[[str, float, bool], str]) -> None:
        off = {i: amount for i, amount in enumerate(amounts) if amount > most}
        if off:
            names = named([cameras[i].name for i in off])
            told.append(Departure(kind, say(names, max(off.values()), len(off) > 1), tuple(off)))

    told: list[Departure] = []
    found(
        "distance",
        (abs(stand.distance / usual - 1) for stand in stands),
        _DISTANCE,
        lambda names, worst, many: (
            f"{names} {'stand' if many else 'stands'} nearer or farther than the rest, "
            f"by up to {worst:.0%}. SV3D keeps one distance, and only the direction is taken."
        ),
    )
    found(
        "roll",
        (abs(stand.roll) for stand in stands),
        _ROLL,
        lambda names, worst, many: (
            f"{names} {'lean' if many else 'leans'} sideways, by up to {worst:.0f}°. SV3D's camera is set upright."
        ),
    )
    found(
        "aim",
        (stand.aim for stand in stands),
        _AIM,
        lambda names, worst, many: (
            f"{names} {'look' if many else 'looks'} past the target, by up to {worst:.0f}°. "
            "SV3D's camera is turned to it."
        ),
    )
    found(
        "lens",
        (abs((camera.fov_deg or 0.0) - SV3D_FOV_DEG) for camera in cameras),
        _LENS,
        lambda names, _worst, many: (
            f"{names} {'have' if many else 'has'} another lens. SV3D always sees {SV3D_FOV_DEG:g}° across."
        ),
    )
    found(
        "elevation",
        (abs(stand.elevation) for stand in stands),
        MAX_ELEVATION,
        lambda names, _worst, many: (
            f"{names} {'stand' if many else 'stands'} straight above or below the target, "
            f"and {'are' if many else 'is'} taken at {MAX_ELEVATION:g}°."
        ),
    )
    return told


def of_views(poses: Sequence[Pose], front: str, front_index: int) -> list[Departure]:
    """What of the finished 21 views lies outside of what SV3D was trained on; the last is the picture's."""
    told: list[Departure] = []
    picture = poses[-1].elevation
    low, high = TRAINED_ELEVATIONS
    if not low <= picture <= high:
        text = f"{front} shows the picture's view from {picture:.0f}°. SV3D was trained on {low:g}° to {high:g}°."
        told.append(Departure("picture", text, (front_index,)))
    rise = max((pose.elevation - picture for pose in poses), key=abs)
    if abs(rise) > TRAINED_RISE:
        way = "above" if rise > 0 else "below"
        text = f"The way goes {abs(rise):.0f}° {way} the view of {front}. SV3D is best within {TRAINED_RISE:g}°."
        told.append(Departure("rise", text))
    jumps = [abs(pose.elevation - poses[i - 1].elevation) for i, pose in enumerate(poses)]
    steepest = max(range(len(jumps)), key=jumps.__getitem__)
    if jumps[steepest] > TRAINED_JUMP:
        text = (
            f"Before view {steepest + 1}, counted from {front}, the height changes by {jumps[steepest]:.0f}° at once. "
            f"SV3D is best within {TRAINED_JUMP:g}°."
        )
        told.append(Departure("jump", text))
    return told


def named(names: Sequence[str]) -> str:
    """The cameras of a sentence: all, or the first of many."""
    if len(names) > 3:
        return f"{names[0]}, {names[1]} and {len(names) - 2} more"
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
