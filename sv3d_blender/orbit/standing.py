"""How a scene's camera stands to the target it goes round; plain numbers, world Z up, angles in degrees."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ...sv3d_engine.shared.errors import UserError

Point = tuple[float, float, float]
Matrix = Sequence[Sequence[float]]

_PARALLEL = 1e-3  # of the aims' spread: below it, they nowhere come together


@dataclass(frozen=True)
class SceneCamera:
    """A camera, or one moment of an animated one: 4 × 4 rows from its own axes to the world.

    ``fov_deg`` is the angle across the square in its frame's middle; None for a lens that is no perspective.
    """

    name: str
    matrix: Matrix
    fov_deg: float | None

    @property
    def position(self) -> Point:
        """In the world."""
        return _column(self.matrix, 3)


@dataclass(frozen=True)
class Standing:
    """Where a camera stands, seen from the target: azimuth counter-clockwise from above, from the world's +X.

    ``roll`` is how far it leans from upright, clockwise as it looks; ``aim`` how far past the target it looks.
    """

    elevation: float
    azimuth: float
    distance: float
    roll: float
    aim: float


def standing(camera: SceneCamera, target: Point) -> Standing:
    """Raises UserError for a camera on the target itself or without a size."""
    away = _minus(camera.position, target)
    distance = math.hypot(*away)
    axes = [_unit(_column(camera.matrix, i)) for i in range(3)]
    if not math.isfinite(distance) or distance < 1e-6 or not all(axes):
        raise UserError(
            f"{camera.name} stands on the target itself, or has no size.", "Move it away from the target.", str(target)
        )
    right, up, backward = (axis or (0.0, 0.0, 0.0) for axis in axes)
    outward = _unit(away) or (0.0, 0.0, 1.0)
    # Of a camera that looks straight down, upright means nothing.
    roll = math.degrees(math.atan2(-right[2], up[2])) if math.hypot(right[2], up[2]) > 0.02 else 0.0
    return Standing(
        math.degrees(math.asin(max(-1.0, min(1.0, outward[2])))),
        math.degrees(math.atan2(outward[1], outward[0])),
        distance,
        roll,
        math.degrees(math.atan2(math.hypot(*_cross(backward, outward)), _dot(backward, outward))),
    )


def looked_at(cameras: Sequence[SceneCamera]) -> Point:
    """The point that is nearest to all the cameras' lines of sight.

    Raises UserError where they come together nowhere in front of the cameras.
    """
    rows = [[0.0] * 3 for _ in range(3)]
    sums = [0.0] * 3
    for camera in cameras:
        sight = _unit(_column(camera.matrix, 2)) or (0.0, 0.0, 0.0)
        for i in range(3):
            across = [float(i == j) - sight[i] * sight[j] for j in range(3)]
            rows[i] = [a + b for a, b in zip(rows[i], across, strict=True)]
            sums[i] += _dot(across, camera.position)
    columns = [(rows[0][j], rows[1][j], rows[2][j]) for j in range(3)]
    whole = _dot(columns[0], _cross(columns[1], columns[2]))
    if whole > _PARALLEL * len(cameras) ** 3:
        goal = (sums[0], sums[1], sums[2])
        point = (
            _dot(goal, _cross(columns[1], columns[2])) / whole,
            _dot(columns[0], _cross(goal, columns[2])) / whole,
            _dot(columns[0], _cross(columns[1], goal)) / whole,
        )
        if sum(_dot(_column(c.matrix, 2), _minus(c.position, point)) > 0 for c in cameras) * 2 > len(cameras):
            return point
    raise UserError("The cameras do not look at one point.", "Choose the target that they go round.")


def apart(elevation: float, azimuth: float, other_elevation: float, other_azimuth: float) -> float:
    """The angle on the sphere between two directions."""
    e, f = math.radians(elevation), math.radians(other_elevation)
    half = math.sin((e - f) / 2) ** 2
    half += math.cos(e) * math.cos(f) * math.sin(math.radians(azimuth - other_azimuth) / 2) ** 2
    return math.degrees(2 * math.asin(min(1.0, math.sqrt(half))))


def _column(matrix: Matrix, index: int) -> Point:
    return matrix[0][index], matrix[1][index], matrix[2][index]


def _minus(a: Point, b: Point) -> Point:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _cross(a: Point, b: Point) -> Point:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _unit(a: Point) -> Point | None:
    size = math.hypot(*a)
    return (a[0] / size, a[1] / size, a[2] / size) if 1e-9 < size < math.inf else None
