"""Where the frame stands in a 3D View, and the line that parts it; pixels of the region, rows growing upwards."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Square:
    """The frame's rectangle, looked at through its camera."""

    left: float
    bottom: float
    right: float
    top: float

    def across(self, share: float) -> float:
        """The column at this share of the width, from the left."""
        return self.left + share * (self.right - self.left)

    def share(self, column: float) -> float:
        """What share of the width lies left of a column, from 0 to 1."""
        width = self.right - self.left
        return min(max((column - self.left) / width, 0.0), 1.0) if width > 0 else 0.0

    def part(self, share: float) -> "Square":
        """What lies left of the line."""
        return Square(self.left, self.bottom, self.across(share), self.top)

    def is_at_line(self, share: float, column: float, row: float, reach: float) -> bool:
        """Whether a place is on the line, as near as ``reach``."""
        return abs(column - self.across(share)) <= reach and self.bottom <= row <= self.top


def around(corners: list[tuple[float, float]]) -> Square:
    """The rectangle that holds these places."""
    columns, rows = zip(*corners, strict=True)
    return Square(min(columns), min(rows), max(columns), max(rows))
