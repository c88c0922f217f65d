"""From cameras about a target to SV3D's 21 views: once round, and back to the view that the picture shows."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.trajectory import MAX_ELEVATION, SV3D_FRAME_COUNT, Pose
from ..phrase import phrase
from . import departures
from .departures import Departure
from .standing import Point, SceneCamera, Standing, apart, looked_at, standing

FEWEST = 3
_GAP = 40.0  # degrees on the sphere
_SAME = 1.0  # degrees of azimuth: closer together, one of two cameras is left out
_STRIDE = 90.0  # degrees: cameras that lie farther apart, one after the other, are in no order
_FINE = 1.0  # degrees: the way between two cameras is measured in such pieces

_ONE_DOUBLE = "{names} stands right above or below another camera of the way, and is left out."
_MANY_DOUBLE = "{names} stand right above or below another camera of the way, and are left out."
_OPEN = "The way is not closed: it ends at {end} and begins at {begin}, {angle:.0f}° on. It is closed evenly."
_GAPS = {  # by the number of gaps
    1: "Between {one} and {other} there is no camera for up to {angle:.0f}°. The way between is filled in evenly.",
    2: "Between {one} and {other} and in 1 other place there is no camera for up to {angle:.0f}°. "
    "The way between is filled in evenly.",
    3: "Between {one} and {other} and in {places} other places there is no camera for up to {angle:.0f}°. "
    "The way between is filled in evenly.",
}


@dataclass(frozen=True)
class SceneOrbit:
    """The 21 views, the last of which is the picture's, and what became other than the cameras say.

    ``cameras`` and ``stands`` are what was given; ``order`` the places in them of those used, along the way, the
    picture's view first.  Azimuths of the poses count from ``front_azimuth``, degrees in the world.
    """

    poses: tuple[Pose, ...]
    target: Point
    distance: float  # the middle one of the cameras'
    front_azimuth: float
    cameras: tuple[SceneCamera, ...]
    stands: tuple[Standing, ...]
    order: tuple[int, ...]
    departures: tuple[Departure, ...]

    @property
    def front(self) -> SceneCamera:
        """The camera that shows the picture's view."""
        return self.cameras[self.order[0]]


def scene_orbit(
    cameras: Sequence[SceneCamera], target: Point | None = None, front: SceneCamera | None = None
) -> SceneOrbit:
    """The orbit through these cameras, in the order of their azimuths, counter-clockwise seen from above.

    Without a target it is the point that they look at.  The picture's view is that of the camera whose azimuth is
    nearest to ``front``'s, which need not be among them; without one, the first.  Raises UserError for cameras that
    make no orbit.
    """
    if len(cameras) < FEWEST:
        raise UserError(f"An orbit needs {FEWEST} cameras or more.", "Add Orbit Cameras makes a whole orbit of them.")
    target = looked_at(cameras) if target is None else target
    stands = [standing(camera, target) for camera in cameras]
    told = departures.of_cameras(cameras, stands)
    kept, overlapping = _one_turn(cameras, stands)
    start = standing(front, target).azimuth if front else stands[kept[0]].azimuth
    first = min(kept, key=lambda i: abs(_turned(start, stands[i].azimuth)))
    order, doubles = _in_order(kept, first, stands)
    if len(order) < FEWEST:
        raise UserError(
            "The cameras do not go round the target.",
            f"{FEWEST} or more must stand in different directions from it.",
        )
    told += overlapping + _left_out(cameras, stands, doubles)
    gaps = _gaps(cameras, stands, order)
    told += gaps
    poses = _views(stands, order, even=bool(gaps))
    told += departures.of_views(poses, cameras[first].name, first)
    distances = sorted(stand.distance for stand in stands)
    return SceneOrbit(
        poses,
        target,
        distances[len(distances) // 2],
        stands[first].azimuth,
        tuple(cameras),
        tuple(stands),
        tuple(order),
        tuple(told),
    )


def _turned(start: float, end: float) -> float:
    """Degrees from one azimuth to another, the short way: −180 to 180."""
    return (end - start + 180.0) % 360.0 - 180.0


def _one_turn(cameras: Sequence[SceneCamera], stands: Sequence[Standing]) -> tuple[list[int], list[Departure]]:
    """The cameras of the first turn, where they go round in one sense in the order they are given; else all."""
    steps = [_turned(a.azimuth, b.azimuth) for a, b in pairwise(stands)]
    gone = [abs(way) for way in accumulate(steps, initial=0.0)]
    moving = [step for step in steps if abs(step) > 1e-3]
    one_way = all(0 < step < _STRIDE for step in moving) or all(-_STRIDE < step < 0 for step in moving)
    kept = [i for i, way in enumerate(gone) if way < 360.0 - _SAME]
    rest = [i for i in range(len(stands)) if i > kept[-1]]
    # A few beyond one turn are no second one: an animation may end a little after where it began.
    if not one_way or len(rest) < FEWEST or gone[-1] < 360.0 + _GAP:
        return list(range(len(stands))), []
    text = phrase("With {name} a second turn begins. Only the first is taken.", name=cameras[rest[0]].name)
    return kept, [Departure("turns", text, tuple(rest))]


def _in_order(kept: Sequence[int], first: int, stands: Sequence[Standing]) -> tuple[list[int], list[tuple[int, int]]]:
    """The way round from ``first`` on, and who is left out for whom, as they stand in one direction."""

    def gone(i: int) -> float:
        return 0.0 if i == first else (stands[i].azimuth - stands[first].azimuth) % 360.0

    order, doubles = [first], []
    for i in sorted((i for i in kept if i != first), key=gone):
        if gone(i) - gone(order[-1]) < _SAME:
            doubles.append((i, order[-1]))
        elif gone(i) > 360.0 - _SAME:
            doubles.append((i, first))
        else:
            order.append(i)
    return order, doubles


def _left_out(
    cameras: Sequence[SceneCamera], stands: Sequence[Standing], doubles: Sequence[tuple[int, int]]
) -> list[Departure]:
    off = [i for i, other in doubles if abs(stands[i].elevation - stands[other].elevation) > _SAME]
    if not off:
        return []
    names = departures.named([cameras[i].name for i in off])
    text = phrase(_MANY_DOUBLE if len(off) > 1 else _ONE_DOUBLE, names=names)
    return [Departure("double", text, tuple(off))]


def _gaps(cameras: Sequence[SceneCamera], stands: Sequence[Standing], order: Sequence[int]) -> list[Departure]:
    pairs = list(pairwise([*order, order[0]]))
    wide = {}
    for a, b in pairs:
        across = (stands[b].azimuth - stands[a].azimuth) % 360.0
        angle = across if across > 180.0 else apart(*_direction(stands[a]), *_direction(stands[b]))
        if angle > _GAP:
            wide[a, b] = angle
    if not wide:
        return []
    (a, b), most = max(wide.items(), key=lambda found: found[1])
    if len(wide) == 1 and most > 2 * _GAP:
        text = phrase(_OPEN, end=cameras[a].name, begin=cameras[b].name, angle=most)
        return [Departure("open", text, (a, b))]
    text = phrase(
        _GAPS[min(len(wide), 3)], one=cameras[a].name, other=cameras[b].name, places=len(wide) - 1, angle=most
    )
    touched = tuple(dict.fromkeys(i for pair in wide for i in pair))
    return [Departure("gap", text, touched)]


def _views(stands: Sequence[Standing], order: Sequence[int], *, even: bool) -> tuple[Pose, ...]:
    """The cameras' own views where there are 21 and no gaps; else as many, at even angles along the way."""
    start = stands[order[0]].azimuth
    way = [Pose(_elevation(stands[i]), (stands[i].azimuth - start) % 360.0) for i in order]
    way[0] = Pose(way[0].elevation, 0.0)
    if len(way) == SV3D_FRAME_COUNT and not even:
        return (*way[1:], way[0])
    fine = [way[0]]
    for a, b in pairwise([*way, Pose(way[0].elevation, 360.0)]):
        pieces = max(1, math.ceil(max(abs(b.elevation - a.elevation), b.azimuth - a.azimuth) / _FINE))
        fine += [_between(a, b, (i + 1) / pieces) for i in range(pieces)]
    gone = list(accumulate((apart(*a, *b) for a, b in pairwise(fine)), initial=0.0))
    poses = []
    for i in range(1, SV3D_FRAME_COUNT):
        goal = gone[-1] * i / SV3D_FRAME_COUNT
        k = bisect_left(gone, goal)
        poses.append(_between(fine[k - 1], fine[k], (goal - gone[k - 1]) / (gone[k] - gone[k - 1])))
    return (*poses, way[0])


def _between(a: Pose, b: Pose, share: float) -> Pose:
    return Pose(a.elevation + share * (b.elevation - a.elevation), a.azimuth + share * (b.azimuth - a.azimuth))


def _elevation(stand: Standing) -> float:
    return max(-MAX_ELEVATION, min(MAX_ELEVATION, stand.elevation))


def _direction(stand: Standing) -> tuple[float, float]:
    return stand.elevation, stand.azimuth
