"""A photograph's lens: where in the picture a direction shows, with Brown's distortion (as OpenCV and COLMAP have it).

Lengths are in widths of the picture, so that a picture that was scaled down has the same lens.  Directions are places
(x right, y down) on the plane at depth 1 before the camera; pixel centres lie at half-integers.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_ROUNDS = 30  # of Newton's method; a few are enough unless a distortion is extreme
_OUT = 1e6  # widths: where directions show that no lens brings into the picture


@dataclass(frozen=True)
class Lens:
    """A pinhole with radial and tangential distortion."""

    focal: tuple[float, float]  # right and down, in widths
    centre: tuple[float, float] | None = None  # the principal point from the top left, in widths; None = the middle
    radial: tuple[float, float, float] = (0.0, 0.0, 0.0)  # k1, k2, k3
    tangential: tuple[float, float] = (0.0, 0.0)  # p1, p2
    size: tuple[int, int] | None = None  # width and height in pixels that its maker saw

    @property
    def is_plain(self) -> bool:
        """Whether it is the pinhole of a square-pixelled picture, aimed by its middle."""
        alike = math.isclose(*self.focal, rel_tol=1e-6)
        return alike and self.centre is None and not any((*self.radial, *self.tangential))

    def middle(self, aspect: float) -> tuple[float, float]:
        """The principal point in a picture whose height is ``aspect`` widths."""
        return self.centre or (0.5, aspect / 2)

    def shown(self, directions: Array, aspect: float) -> Array:  # (…, 2) -> (…, 2)
        """Places in the picture, in widths from its top left corner."""
        bent, _ = self._bent(directions)
        places = bent * self.focal + self.middle(aspect)
        beyond = (directions**2).sum(-1) > self._reach() ** 2
        return np.where(beyond[..., None], _OUT, places)

    def directions(self, places: Array, aspect: float) -> Array:  # (…, 2) -> (…, 2)
        """What shows at places in the picture: ``shown`` the other way, by Newton's method."""
        wanted = (places - np.array(self.middle(aspect))) / self.focal
        if not any((*self.radial, *self.tangential)):
            return wanted
        found = wanted.copy()
        for _ in range(_ROUNDS):
            bent, (xx, xy, yy) = self._bent(found)
            over_x, over_y = np.moveaxis(bent - wanted, -1, 0)
            area = xx * yy - xy * xy
            area = np.where(np.abs(area) < 1e-9, 1e-9, area)
            step = np.stack([yy * over_x - xy * over_y, xx * over_y - xy * over_x], -1) / area[..., None]
            found = np.clip(found - step, -10, 10)
            if np.abs(step).max() < 1e-12:
                break
        return found

    def _bent(self, directions: Array) -> tuple[Array, tuple[Array, Array, Array]]:
        """Distorted directions (…, 2), and the three entries of their symmetric derivative."""
        x, y = directions[..., 0], directions[..., 1]
        (k1, k2, k3), (p1, p2) = self.radial, self.tangential
        r2 = x * x + y * y
        scale = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        steep = 2 * (k1 + r2 * (2 * k2 + r2 * 3 * k3))
        bent = np.stack(
            [x * scale + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), y * scale + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y], -1
        )
        across = x * y * steep + 2 * p1 * x + 2 * p2 * y
        xx = scale + x * x * steep + 2 * p1 * y + 6 * p2 * x
        yy = scale + y * y * steep + 6 * p1 * y + 2 * p2 * x
        return bent, (xx, across, yy)

    def _reach(self) -> float:
        """Radius beyond which the radial polynomial turns back, and would show things twice."""
        k1, k2, k3 = self.radial
        roots = np.roots([7 * k3, 5 * k2, 3 * k1, 1.0]) if any(self.radial) else np.array([])
        real = roots.real[(np.abs(roots.imag) < 1e-9) & (roots.real > 0)]
        return math.sqrt(float(real.min())) if len(real) else math.inf
