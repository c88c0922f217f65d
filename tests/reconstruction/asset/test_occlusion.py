import numpy as np
import pytest
from mesh_shapes import box, sphere, together

from sv3d_engine.reconstruction.asset.occlusion import ambient_occlusion
from sv3d_engine.reconstruction.asset.topology import TriMesh


def test_a_ball_has_the_whole_sky() -> None:
    assert ambient_occlusion(sphere(0.5, 4)) == pytest.approx(1, abs=0.02)


def test_a_floor_at_the_foot_of_a_wall_has_half_of_it() -> None:
    """Far from the wall's ends the floor's irradiance is (1 + cos α)/2, α the height of the wall's top."""
    floor, wall = grid(2.0, 2.0), grid(1.0, 2.0)
    wall = TriMesh(wall.vertices[:, [2, 1, 0]] + [0, 0, 0], wall.faces[:, ::-1])  # at x = 0, up to z = 1, looks to +x
    mesh = together(floor, wall)
    occlusion = ambient_occlusion(mesh)[: len(floor.vertices)]
    x, y, _ = floor.vertices.T
    beside = np.abs(y) < 0.2
    expected = (1 + x / np.hypot(x, 1.0)) / 2
    inside = beside & (x > 0.1) & (x < 1.5)
    assert occlusion[inside] == pytest.approx(expected[inside], abs=0.12)  # the wall ends, and 64 directions are few
    assert np.corrcoef(occlusion[inside], expected[inside])[0, 1] > 0.97


def test_scale_and_place_change_nothing() -> None:
    mesh = together(box(1.0), sphere(0.4, 3, (0, 0, 0.8)))
    moved = TriMesh(mesh.vertices * 50 + [7, -3, 200], mesh.faces)
    occlusion = ambient_occlusion(mesh)
    assert occlusion.min() < 0.7
    assert ambient_occlusion(moved) == pytest.approx(occlusion, abs=0.05)


def grid(length: float, width: float, steps: int = 40) -> TriMesh:
    """z = 0 for x from 0 to ``length`` and y within ``width`` round 0, looking up."""
    x, y = np.meshgrid(np.linspace(0, length, steps + 1), np.linspace(-width / 2, width / 2, steps + 1), indexing="ij")
    first = (np.arange(steps)[:, None] * (steps + 1) + np.arange(steps)).ravel()
    over, beyond = first + steps + 1, first + steps + 2
    faces = np.concatenate([np.stack([first, over, beyond], 1), np.stack([first, beyond, first + 1], 1)])
    return TriMesh(np.stack([x, y, 0 * x], -1).reshape(-1, 3), faces)
