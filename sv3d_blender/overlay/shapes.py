"""What is drawn of an orbit, as data: lines and numbers in the world, each in its colour."""

import math
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from ...sv3d_engine.shared.trajectory import (
    SV3D_FOV_DEG,
    TRAINED_ELEVATIONS,
    TRAINED_JUMP,
    TRAINED_RISE,
    TRAINED_STEP,
    Pose,
)
from ..orbit.standing import Point

_FRUSTUM = 0.12  # of the distance, how long
_PIECE = 3.0  # degrees of the way in one line
_MARK = 0.02  # of the distance: half a cross at a camera that stands elsewhere
_MOST_NUMBERS = 40
_CLOSES = 60.0  # degrees from the last frame to the first, if the way leads on


class Role(Enum):
    """What a line or number is, with its colour: red, green, blue and opacity."""

    SPHERE = (0.6, 0.6, 0.6, 0.25)
    WAY = (0.35, 0.7, 1.0, 0.9)
    VIEW = (0.75, 0.85, 0.95, 0.9)
    FRONT = (0.3, 1.0, 0.4, 1.0)
    DOUBTFUL = (1.0, 0.55, 0.1, 1.0)


@dataclass(frozen=True)
class OrbitView:
    """An orbit where it is to be seen; azimuths of the poses count from ``front_azimuth``, degrees in the world.

    One that is SV3D's goes counter-clockwise, once round to its last view, the picture's.  ``strays`` are places of
    cameras that the orbit does not follow as they stand.
    """

    poses: tuple[Pose, ...]
    target: Point
    distance: float
    front_azimuth: float
    strays: tuple[Point, ...] = ()
    fov_deg: float = SV3D_FOV_DEG
    is_sv3ds: bool = True  # else of frames that are there: nothing about it can be what SV3D does not know
    distances: tuple[float, ...] = ()  # each view's own, as of photographs; else all have the common one

    def far(self, index: int) -> float:
        """How far from the target a view's camera stands."""
        return self.distances[index] if self.distances else self.distance


@dataclass(frozen=True)
class Shapes:
    """Lines from point to point, and numbers at their places."""

    lines: tuple[tuple[Role, Point, Point], ...]
    numbers: tuple[tuple[Role, Point, str], ...]


def shapes(view: OrbitView) -> Shapes:
    """The sphere's outline, the way on it, a frustum with its number for each view, and a cross for each stray.

    From a stray off the sphere a line leads to the target: where it meets the sphere is the view that it tells.
    """
    outline = [[_placed(view, pose, view.distance) for pose in loop] for loop in _outline()]
    lines = [(Role.SPHERE, a, b) for loop in outline for a, b in pairwise(loop)]
    numbers = []
    for role, i, before, end in _steps(view):
        way = _between(before, end, view.far(i - 1), view.far(i))
        lines += [(role, a, b) for a, b in pairwise(_placed(view, *place) for place in way)]
    every = math.ceil(len(view.poses) / _MOST_NUMBERS)
    for i, pose in enumerate(view.poses):
        is_picture = view.is_sv3ds and i == len(view.poses) - 1
        role = Role.FRONT if is_picture else Role.VIEW
        if view.is_sv3ds and is_doubtful_view(view.poses, i):
            role = Role.DOUBTFUL
        corners, tip = _frustum(view, pose, view.far(i))
        lines += [(role, a, b) for a, b in pairwise([*corners, corners[0]])]
        lines += [(role, tip, corner) for corner in corners]
        if is_picture:  # crossed, so that it is known without its colour, too
            lines += [(Role.FRONT, corners[0], corners[2]), (Role.FRONT, corners[1], corners[3])]
        if i % every == 0:
            numbers.append((role, tip, str(i + 1)))
    for stray in view.strays:
        lines += _cross(stray, view.distance * _MARK)
        if not math.isclose(math.dist(stray, view.target), view.distance, rel_tol=0.03):
            lines.append((Role.DOUBTFUL, stray, view.target))
    return Shapes(tuple(lines), tuple(numbers))


def _steps(view: OrbitView) -> list[tuple[Role, int, Pose, Pose]]:
    """From view to view, with what is to be thought of the step, and the later one's number."""
    steps = []
    for i, pose in enumerate(view.poses):
        before = view.poses[i - 1]
        if view.is_sv3ds:
            before = Pose(before.elevation, before.azimuth if i else before.azimuth - 360.0 * (before.azimuth > 0))
            role = Role.DOUBTFUL if is_doubtful_step(before, pose) else Role.WAY
            end = pose if pose.azimuth > before.azimuth else Pose(pose.elevation, pose.azimuth + 360.0)
            steps.append((role, i, before, end))
        else:
            turn = (pose.azimuth - before.azimuth + 180.0) % 360.0 - 180.0
            if i or abs(turn) < _CLOSES:
                steps.append((Role.WAY, i, before, Pose(pose.elevation, before.azimuth + turn)))
    return steps


def is_doubtful_step(before: Pose, pose: Pose) -> bool:
    """Whether SV3D saw no such step from frame to frame."""
    step = (pose.azimuth - before.azimuth) % 360.0
    return step > TRAINED_STEP or abs(pose.elevation - before.elevation) > TRAINED_JUMP


def is_doubtful_view(poses: tuple[Pose, ...], index: int) -> bool:
    """Whether a view lies outside of what SV3D was trained on; the last is the picture's."""
    elevation, picture = poses[index].elevation, poses[-1].elevation
    if index == len(poses) - 1:
        return not TRAINED_ELEVATIONS[0] <= picture <= TRAINED_ELEVATIONS[1]
    return abs(elevation - picture) > TRAINED_RISE


def _outline() -> list[list[Pose]]:
    """The horizon, and two circles over the poles."""
    horizon = [Pose(0.0, 6.0 * i) for i in range(61)]
    arcs = [[Pose(6.0 * i, side) for i in range(61)] for side in (0.0, 90.0)]
    return [horizon, *arcs]


def _between(a: Pose, b: Pose, near: float, far: float) -> list[tuple[Pose, float]]:
    """Places on the way from one to the other, with their distances."""
    pieces = max(1, math.ceil(max(abs(b.azimuth - a.azimuth), abs(b.elevation - a.elevation)) / _PIECE))
    shares = [i / pieces for i in range(pieces + 1)]
    return [
        (
            Pose(a.elevation + s * (b.elevation - a.elevation), a.azimuth + s * (b.azimuth - a.azimuth)),
            near + s * (far - near),
        )
        for s in shares
    ]


def _placed(view: OrbitView, pose: Pose, far: float) -> Point:
    outward, _right, _up = _axes(view, pose)
    return _moved(view.target, (outward, far))


def _frustum(view: OrbitView, pose: Pose, far: float) -> tuple[list[Point], Point]:
    """The four corners of the frame, and the camera's place."""
    outward, right, up = _axes(view, pose)
    tip = _moved(view.target, (outward, far))
    long = _FRUSTUM * view.distance
    middle = _moved(tip, (outward, -long))
    wide = long * math.tan(math.radians(view.fov_deg / 2))
    return [_moved(middle, (right, x * wide), (up, y * wide)) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))], tip


def _axes(view: OrbitView, pose: Pose) -> tuple[Point, Point, Point]:
    e, a = math.radians(pose.elevation), math.radians(pose.azimuth + view.front_azimuth)
    return (
        (math.cos(e) * math.cos(a), math.cos(e) * math.sin(a), math.sin(e)),
        (-math.sin(a), math.cos(a), 0.0),
        (-math.sin(e) * math.cos(a), -math.sin(e) * math.sin(a), math.cos(e)),
    )


def _moved(point: Point, *ways: tuple[Point, float]) -> Point:
    x, y, z = point
    for (i, j, k), far in ways:
        x, y, z = x + far * i, y + far * j, z + far * k
    return x, y, z


def _cross(point: Point, size: float) -> list[tuple[Role, Point, Point]]:
    axes = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    return [(Role.DOUBTFUL, _moved(point, (axis, -size)), _moved(point, (axis, size))) for axis in axes]
