"""Where a result stands: where it is wanted, else beside what is there; plain numbers."""

from collections.abc import Sequence

Point = tuple[float, float, float]
Box = tuple[Point, Point]  # lowest and highest corner

_GAP = 0.1  # of the result's own width


def free_place(wanted: Point, box: Box, others: Sequence[Box]) -> Point:
    """``wanted``, or the next place towards +X where ``box``, given about its origin, lies in none of ``others``."""
    (low_x, *low), (high_x, *high) = box
    gap = _GAP * (high_x - low_x)
    x, y, z = wanted
    in_the_way = sorted(
        (other[0][0], other[1][0])
        for other in others
        if all(
            at + a < other[1][axis] and at + b > other[0][axis]
            for axis, (at, a, b) in enumerate(zip((y, z), low, high, strict=True), 1)
        )
    )
    for left, right in in_the_way:
        if x + low_x < right and x + high_x > left:
            x = right - low_x + gap
    return x, y, z


def box_of(points: Sequence[Sequence[float]]) -> Box:
    """The box round points."""
    xs, ys, zs = ([float(value) for value in axis] for axis in zip(*points, strict=True))
    return (min(xs), min(ys), min(zs)), (max(xs), max(ys), max(zs))
