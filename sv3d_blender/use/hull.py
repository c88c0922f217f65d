"""Few points whose convex hull is close to a mesh's; plain arrays."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

_DIRECTIONS = 48


def hull_points(points: Floats, directions: int = _DIRECTIONS) -> Floats:
    """The points (P, 3), at most one a direction, that reach furthest, of ``points`` (V, 3), V ≥ 1.

    The six along the axes are among them, so the hull's box is the mesh's.
    """
    around = np.concatenate([np.eye(3), -np.eye(3), _sphere(directions)])
    return points[np.unique((points @ around.T).argmax(0))]


def _sphere(count: int) -> Floats:
    """Unit vectors (count, 3), evenly spread: a Fibonacci lattice."""
    at = np.arange(count) + 0.5
    height, turn = 1 - 2 * at / count, np.pi * (1 + 5**0.5) * at
    flat = np.sqrt(1 - height**2)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), height], 1)
