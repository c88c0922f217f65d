"""Surfaces whose distance is known, and the exactly nearest triangle against looking at every one."""

import numpy as np
import pytest
import trimesh
from trimesh.triangles import closest_point

from sv3d_engine.laboratory.evaluate.nearest_triangle import TriangleTree
from sv3d_engine.laboratory.evaluate.ray_caster import RayCaster
from sv3d_engine.laboratory.evaluate.scored_mesh import Coat, ScoredMesh
from sv3d_engine.laboratory.evaluate.surface_figures import (
    Similarity,
    aligned,
    between_points,
    between_surfaces,
    fitted,
    samples,
    surface_samples,
)
from sv3d_engine.laboratory.evaluate.volume_figures import filled, touched, volume_figures

RANDOM = np.random.default_rng(0)


def scored(mesh: trimesh.Trimesh) -> ScoredMesh:
    faces = np.asarray(mesh.faces, np.int64)
    count = len(faces)
    coat = Coat(faces, np.ones(3, np.float32))
    vertices = np.asarray(mesh.vertices, np.float64)
    return ScoredMesh(vertices, faces, np.asarray(mesh.vertex_normals), [coat], np.zeros(count, int), np.arange(count))


def ball(radius: float) -> ScoredMesh:
    return scored(trimesh.creation.icosphere(4, radius))


def test_balls_within_each_other_are_apart_by_their_radii() -> None:
    small, large = ball(0.4), ball(0.5)
    a, b = samples(small, 4000, 1), samples(large, 4000, 2)
    found = between_surfaces(a, small, b, large)
    assert found["chamfer_surface"] == pytest.approx(0.1, abs=1e-3)
    assert found["normal_consistency"] == pytest.approx(1, abs=1e-3)
    by_points = between_points(a, b)
    assert by_points["chamfer"] == pytest.approx(0.1, abs=3e-3)
    assert by_points["fscore@0.05"] == 0
    assert between_points(a, a)["fscore@0.01"] == 1


def test_two_sets_of_one_surface_are_near_by_points_and_at_nothing_by_triangles() -> None:
    one = ball(0.5)
    a, b = samples(one, 4000, 1), samples(one, 4000, 2)
    assert between_surfaces(a, one, b, one)["chamfer_surface"] < 1e-9
    assert 0.001 < between_points(a, b)["chamfer"] < 0.02


def test_samples_are_even_by_area() -> None:
    corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [3, 0, 1], [0, 1, 1]]
    two = scored(trimesh.Trimesh(corners, [[0, 1, 2], [3, 4, 5]]))
    points = samples(two, 4000, 0).points
    assert (points[:, 2] > 0.5).mean() == pytest.approx(0.75, abs=1e-3)
    assert points[points[:, 2] < 0.5].mean(0) == pytest.approx([1 / 3, 1 / 3, 0], abs=0.02)


def test_what_is_hidden_inside_does_not_count() -> None:
    inner = trimesh.creation.icosphere(3, 0.2)
    both = scored(trimesh.util.concatenate([inner, trimesh.creation.icosphere(4, 0.5)]))
    drawn = surface_samples(both, RayCaster(both.corners), 4000, 1)
    assert np.linalg.norm(drawn.exterior.points, axis=1).min() > 0.49
    assert len(drawn.exterior.points) == 4000, "topped up"
    assert drawn.share == pytest.approx(0.5**2 / (0.5**2 + 0.2**2), abs=0.02)


@pytest.mark.parametrize("count", [1, 3, 5, 200])
def test_the_nearest_triangle_is_that_of_looking_at_all(count: int) -> None:
    corners = RANDOM.normal(size=(count, 3, 3)) * RANDOM.exponential(size=(count, 1, 1))
    corners[0, 1] = corners[0, 0] if count > 1 else corners[0, 1]  # one without an area
    points = RANDOM.normal(size=(100, 3)) * 2
    distance, face = TriangleTree(corners).nearest(points)
    places = [closest_point(np.repeat(triangle[None], 100, 0), points) for triangle in corners]
    every = np.linalg.norm(np.stack(places) - points, axis=2)
    every = np.nan_to_num(every, nan=np.inf)
    assert distance == pytest.approx(every[1:].min(0) if count > 1 else every.min(0))
    assert every[face, np.arange(100)] == pytest.approx(distance)


def test_a_similarity_is_found_again() -> None:
    angle = np.radians(9.0)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    by = Similarity(1.05, turn, np.array([0.02, -0.01, 0.03]))
    body = scored(trimesh.creation.box((0.5, 0.3, 0.9)))
    there = samples(body, 6000, 1)
    assert fitted(there.points, there.moved(by).points).scale == pytest.approx(1.05)
    found = aligned(there, samples(body, 6000, 2).moved(by))
    assert found.scale == pytest.approx(1.05, abs=0.01)
    assert found.degrees == pytest.approx(9, abs=0.6)
    assert found.shift == pytest.approx(by.shift, abs=5e-3)


def test_volumes_of_boxes() -> None:
    small, large = (scored(trimesh.creation.box((s, s, s))) for s in (0.5, 0.8))
    found = volume_figures(small, large, 64)
    assert found["volume_iou"] == pytest.approx((0.5 / 0.8) ** 3, rel=0.1)
    assert volume_figures(large, large, 32)["volume_iou"] == 1
    assert found["volume_gt"] == pytest.approx(0.8**3, rel=0.12), "a voxel that is touched counts whole"


def test_small_openings_are_shut_and_large_ones_let_the_outside_in() -> None:
    shell = np.zeros((24, 24, 24), bool)
    shell[4:20, 4:20, 4:20] = True
    shell[5:19, 5:19, 5:19] = False
    small, large = shell.copy(), shell.copy()
    small[10:12, 10:12, 4] = large[6:18, 6:18, 4] = False
    assert filled(shell).sum() == 16**3
    assert filled(small).sum() < 16**3 and filled(small, 2).sum() == 16**3 - 4, "but for the opening itself"
    assert filled(large, 2).sum() < 16**3


def test_a_large_triangle_leaves_no_hole_in_its_voxels() -> None:
    a, b, c, d = [-0.9, -0.9, 0.0], [0.9, -0.9, 0.0], [0.9, 0.9, 0.0], [-0.9, 0.9, 0.0]
    square = np.array([[a, b, c], [a, c, d]])
    voxels = touched(square, -1.0, 2 / 31, 31)
    assert voxels[:, :, 15].sum() == 29**2, "27.9 voxels wide, begun within one"
    assert voxels.sum() == voxels[:, :, 15].sum()
