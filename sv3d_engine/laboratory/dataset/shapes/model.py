"""An object while it is being built: solids with coats of paint, and eyes for those that look."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from ..paint import Coat, Colour, Decal, Paint
from ..palette import BLACK, WHITE, Draw, palette, random_paint, wooden
from .primitives import Floats, Ints, Solid, ellipsoid, rotation


@dataclass
class Model:
    """Parts in the family's own units, front on +X, left on +Y, Z up."""

    draw: Draw
    colours: tuple[Colour, ...] = ()
    solids: list[Solid] = field(default_factory=list)
    coats: list[Coat] = field(default_factory=list)
    placed: list[int] = field(default_factory=list)  # each solid's coat

    def __post_init__(self) -> None:
        self.colours = self.colours or palette(self.draw)

    def add(
        self, solid: Solid, paint: Paint | Colour, at: ArrayLike = (0, 0, 0), turn: tuple[tuple[str, float], ...] = ()
    ) -> int:
        """Put a solid, built round its own origin, where it belongs; returns its coat's number.

        ``turn`` lists (axis, degrees) in order, before the move.  The paint's pattern goes with the solid.
        """
        matrix = np.eye(3)
        for axis, degrees in turn:
            matrix = rotation(axis, degrees) @ matrix
        shift = np.asarray(at, float)
        self.solids.append(Solid(solid.vertices @ matrix.T + shift, solid.faces))
        frame = np.concatenate([matrix.T, -(matrix.T @ shift)[:, None]], 1)
        paint = paint if isinstance(paint, Paint) else Paint("plain", (paint, paint, paint))
        self.coats.append(Coat(paint, frame))
        self.placed.append(len(self.coats) - 1)
        return len(self.coats) - 1

    def again(self, solid: Solid, coat: int) -> None:
        """Another solid, already in its place, under a coat that there is."""
        self.solids.append(solid)
        self.placed.append(coat)

    def decal(
        self, coat: int, shape: str, centre: ArrayLike, half: ArrayLike, colour: Colour, facing: str = "x"
    ) -> None:
        """Colour what of a coat lies inside a region; see ``paint.Decal``."""
        c, h = (tuple(float(x) for x in np.asarray(v, float)) for v in (centre, half))
        mark = Decal(shape, (c[0], c[1], c[2]), (h[0], h[1], h[2]), colour, facing)
        self.coats[coat] = replace(self.coats[coat], decals=(*self.coats[coat].decals, mark))

    def paint(self, size: float, plain: float = 0.35) -> Paint:
        """Some paint of the object's palette for a part about ``size`` large."""
        return random_paint(self.draw, self.colours, size, plain)

    def wood(self, size: float) -> Paint:
        """Some wood."""
        return wooden(self.draw, size)

    def arrays(self) -> tuple[Floats, Ints, Ints]:
        """All solids as vertices (V, 3), faces (F, 3) and each face's coat (F,)."""
        offsets = np.cumsum([0, *(len(s.vertices) for s in self.solids[:-1])])
        return (
            np.concatenate([s.vertices for s in self.solids]),
            np.concatenate([s.faces + o for s, o in zip(self.solids, offsets, strict=True)]),
            np.repeat(self.placed, [len(s.faces) for s in self.solids]),
        )


# ruff: noqa: RUF005  (tuples are added to arrays as vectors)


def eyes(model: Model, at: ArrayLike, apart: float, size: float, white: Colour = WHITE) -> None:
    """A pair of balls with pupils that look ahead."""
    for y in (-1, 1):
        place = np.asarray(at, float) + (0, y * apart, 0)
        coat = model.add(ellipsoid((size, size, size), 10, 14), white, place)
        model.decal(coat, "ellipsoid", place + (size * 0.45, y * size * 0.12, 0), (size * 0.33,) * 3, BLACK)
