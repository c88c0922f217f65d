"""What outlines ask of a surface: how far, on which side, and only where nothing lies behind."""

import pytest
import torch
from scenes import grey, icosphere, pictures_of, wavy_orbit, weighted

from sv3d_engine.ground.progress import Progress
from sv3d_engine.orbit.cameras import CameraOrbit, View, projection_matrices
from sv3d_engine.reconstruction.mesh.outline import outline_distances, outline_targets
from sv3d_engine.reconstruction.mesh.smoothness import connectivity
from sv3d_engine.reconstruction.render.antialias import mesh_edges
from sv3d_engine.reconstruction.render.rasterize import vertex_normals

SIZE, RADIUS = 96, 0.4
ORBIT = wavy_orbit(6)
PIXEL = 2 * ORBIT.distance * ORBIT.tan_half_fov / SIZE


@pytest.fixture(scope="module")
def ball():
    vertices, faces = icosphere(5)
    return vertices * RADIUS, faces


@pytest.fixture(scope="module")
def distances(ball):
    return outline_distances(pictures_of(*ball, grey, ORBIT, SIZE).alpha, Progress())


def targets(vertices, faces, orbit, distances):
    normals, mesh = vertex_normals(vertices, faces), connectivity(faces, len(vertices))
    cameras = projection_matrices(orbit, SIZE)
    return outline_targets(vertices, normals, faces, mesh_edges(faces), mesh, orbit, cameras, distances)


def test_distances_are_in_pixels_and_negative_inside():
    row, column = torch.meshgrid(torch.arange(64) + 0.5, torch.arange(64) + 0.5, indexing="ij")
    apart = torch.stack([column - 32, row - 32], -1).norm(dim=-1) - 20
    found = outline_distances((0.5 - apart).clamp(0, 1)[None], Progress())[0]
    fine = torch.nn.functional.interpolate(apart[None, None], scale_factor=2, mode="bilinear")[0, 0]
    near = fine.abs() < 8
    assert (found - fine)[near].abs().max() < 0.3
    assert abs(float((found - fine)[near].mean())) < 0.05


@pytest.mark.parametrize("scale", [0.99, 1.0, 1.01])
def test_a_wrong_size_is_asked_back(ball, distances, scale):
    wanted = targets(ball[0] * scale, ball[1], ORBIT, distances)
    asked = wanted.displacement[wanted.weight > 0.1]
    assert len(asked) > 500
    assert (asked + (scale - 1) * RADIUS).abs().quantile(0.99) < 0.2 * PIXEL
    assert abs(float(asked.mean()) + (scale - 1) * RADIUS) < 0.05 * PIXEL


def test_only_the_outline_is_asked(ball, distances):
    wanted = targets(*ball, ORBIT, distances)
    to_cameras = ORBIT.positions()[:, None] - ball[0]
    cosine = (torch.nn.functional.normalize(to_cameras, dim=-1) * (ball[0] / RADIUS)).sum(-1)
    assert (wanted.weight[cosine.abs().amin(0) > 0.1] == 0).all()
    assert (wanted.displacement[wanted.weight == 0] == 0).all()


def test_frames_that_contradict_each_other_pull_less(ball, distances):
    """Every other frame shows a smaller ball.  Their outlines cross at the poles."""
    smaller = outline_distances(pictures_of(0.9 * ball[0], ball[1], grey, ORBIT, SIZE).alpha, Progress())
    mixed = torch.where(torch.arange(len(distances))[:, None, None] % 2 == 1, smaller, distances)
    pole = ball[0][:, 2].abs() > 0.97 * RADIUS
    one, other, both = (targets(*ball, ORBIT, d).weight[pole].sum() for d in (distances, smaller, mixed))
    assert both < 0.5 * torch.minimum(one, other)


def test_nothing_is_asked_where_surface_lies_behind_an_outline(ball):
    """A small ball before a large one, too far aside: no silhouette can tell."""
    orbit = CameraOrbit(33.8, 2.2, (View("000.png", 0, 0),))
    small = ball[0] * 0.3 + torch.tensor([0.6, 0.05, 0])
    vertices, faces = torch.cat([ball[0], small]), torch.cat([ball[1], ball[1] + len(ball[0])])
    distances = outline_distances(pictures_of(vertices, faces, grey, orbit, SIZE).alpha, Progress())
    weight = targets(vertices, faces, orbit, distances).weight
    assert weight[: len(small)].sum() > 0
    assert (weight[len(small) :] == 0).all()


def test_a_doubted_frames_outline_pulls_less(ball, distances):
    alone = CameraOrbit(ORBIT.fov_deg, ORBIT.distance, ORBIT.views[2:3])
    one = targets(*ball, alone, distances[2:3])
    less = targets(*ball, weighted(alone, {0: 0.25}), distances[2:3])
    assert one.weight.sum() > 100
    torch.testing.assert_close(less.weight, 0.25 * one.weight)
    torch.testing.assert_close(less.displacement, one.displacement, atol=1e-6, rtol=1e-3)
