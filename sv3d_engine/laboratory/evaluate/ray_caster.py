"""Rays against a mesh, by Embree: what they meet first, and which points of a surface can be seen from outside."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...reconstruction.asset.topology import Bools, Floats, Ints
from ...shared.errors import UserError

DIRECTIONS = 128  # spread over the sphere, of which one that leads outside makes a point exterior
_AWAY = 1e-4  # along the ray, so that it does not meet the face that it starts on


class RayCaster:
    """A mesh, ready to be asked.  Raises UserError where Embree is not installed."""

    def __init__(self, corners: Floats) -> None:  # (F, 3, 3)
        try:
            from embreex import rtcore_scene
            from embreex.mesh_construction import TriangleMesh
        except ImportError as error:
            raise UserError(
                "Meshes cannot be scored here: embreex is not installed.",
                "Install requirements/laboratory.txt; there is no embreex for ARM on Linux.",
            ) from error
        self._scene: Any = rtcore_scene.EmbreeScene()
        self._mesh = TriangleMesh(self._scene, np.ascontiguousarray(corners, np.float32))

    def first(self, origins: Floats, directions: Floats) -> tuple[Ints, Floats]:
        """The face that each ray (P, 3) meets first, −1 for none (P,), and the weights of its corners (P, 3)."""
        hit = self._scene.run(*self._single(origins, directions), output=True)
        b, c = (hit[key].astype(np.float64) for key in ("u", "v"))
        return hit["primID"].astype(np.int64), np.stack([1 - b - c, b, c], 1)

    def exterior(self, points: Floats) -> Bools:  # (P, 3) -> (P,)
        """Whether at least one of DIRECTIONS leads from a point to infinity."""
        seen = np.zeros(len(points), bool)
        for direction in self._directions:
            hidden = np.flatnonzero(~seen)
            if not len(hidden):
                break
            starts = points[hidden] + _AWAY * direction
            rays = self._single(starts, np.broadcast_to(direction, starts.shape))
            seen[hidden] = self._scene.run(*rays, query="OCCLUDED") < 0
        return seen

    @cached_property
    def _directions(self) -> Floats:  # (DIRECTIONS, 3)
        """A Fibonacci spiral in a fixed order that is no spiral, so that most points are found at once."""
        number = np.arange(DIRECTIONS) + 0.5
        z = 1 - 2 * number / DIRECTIONS
        turn, radius = np.pi * (1 + 5**0.5) * number, np.sqrt(1 - z * z)
        spiral = np.stack([radius * np.cos(turn), radius * np.sin(turn), z], 1)
        return spiral[np.random.default_rng(0).permutation(DIRECTIONS)]

    @staticmethod
    def _single(origins: Floats, directions: Floats) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return np.ascontiguousarray(origins, np.float32), np.ascontiguousarray(directions, np.float32)
