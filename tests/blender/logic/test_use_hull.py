"""Few points for a convex hull."""

import numpy as np
from sv3d.sv3d_blender.use.hull import hull_points


def test_a_balls_hull_is_few_of_its_points_and_as_large():
    ball = np.random.default_rng(0).normal(size=(5000, 3))
    ball /= np.linalg.norm(ball, axis=1, keepdims=True)
    chosen = hull_points(ball)
    assert 30 <= len(chosen) <= 54
    assert {tuple(p) for p in chosen} <= {tuple(p) for p in ball}
    assert np.array_equal(chosen.max(0), ball.max(0))
    assert np.array_equal(chosen.min(0), ball.min(0))


def test_what_lies_inside_is_left_out():
    box = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    chosen = hull_points(np.concatenate([box, box / 2 + 0.25]))
    assert {tuple(p) for p in chosen} == {tuple(p) for p in box}
