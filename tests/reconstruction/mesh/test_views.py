"""Frames as the fine stage compares with them, and what is seen of a mesh there."""

from dataclasses import replace

import pytest
import torch
from scenes import egg_distance, egg_orbit, icosphere
from told_ball import RADIUS, told_ball

from sv3d_engine.orbit.cameras import project
from sv3d_engine.reconstruction import losses
from sv3d_engine.reconstruction.mesh.views import BORDER, see, windows
from sv3d_engine.reconstruction.render.antialias import mesh_edges

CPU = torch.device("cpu")
SIZE = 96
AXES = torch.tensor([0.45, 0.35, 0.3])


@pytest.fixture(scope="module")
def frames():
    return egg_orbit(count=4, size=SIZE)


def test_a_window_shows_the_object_with_a_border_and_premultiplied(frames):
    for window, rgb, alpha in zip(windows(frames, CPU), frames.rgb, frames.alpha, strict=True):
        assert window.alpha.sum() == alpha.sum()
        for way in (window.alpha, window.alpha.T, window.alpha.flip(0), window.alpha.T.flip(0)):
            assert way[:BORDER].amax() == 0
            assert way[BORDER].amax() > 0
        torch.testing.assert_close(window.colour.sum(), (rgb * alpha[..., None]).sum())


def test_a_white_object_is_as_calm_as_the_white_behind_it(frames):
    for window in windows(replace(frames, rgb=torch.ones_like(frames.rgb)), CPU):
        torch.testing.assert_close(window.calm[1:-1, 1:-1], torch.ones_like(window.calm)[1:-1, 1:-1])
    assert windows(frames, CPU)[0].calm.min() < 0.5


def test_what_is_seen_lies_where_its_pixel_looks(frames):
    vertices, faces = icosphere(3)
    vertices, index = vertices * AXES, 1
    window = windows(frames, CPU)[index]
    height, width = window.alpha.shape
    sight = see(vertices, faces, mesh_edges(faces), frames.orbit, index, window.part)
    centres = torch.stack([sight.raster.pixels % width, sight.raster.pixels // width], 1) + 0.5 + window.part.corner[:2]
    projected = project(sight.points, frames.orbit, index, SIZE)
    torch.testing.assert_close(projected[:, :2], centres, atol=1e-2, rtol=0)
    torch.testing.assert_close(projected[:, 2], sight.depth)
    assert egg_distance(sight.points).abs().max() < 0.01
    assert (sight.raster.height, sight.raster.width) == (height, width)


def test_normals_are_unit_and_outward_and_directions_lead_away_from_the_camera(frames):
    vertices, faces = icosphere(2)
    window = windows(frames, CPU)[0]
    sight = see(vertices * AXES, faces, mesh_edges(faces), frames.orbit, 0, window.part)
    one = torch.ones(len(sight.points))
    torch.testing.assert_close(sight.normals.norm(dim=-1), one)
    torch.testing.assert_close(sight.directions.norm(dim=-1), one)
    away = sight.points - frames.orbit.positions()[0]
    torch.testing.assert_close((sight.directions * away).sum(-1), away.norm(dim=-1))
    assert (sight.normals * sight.directions).sum(-1).max() < 0.2


@pytest.fixture(scope="module")
def ball():
    return told_ball(count=4, size=SIZE)


def test_told_normals_are_the_worlds_whichever_camera_they_are_told_for(ball):
    """Of a ball they are the places they are told of."""
    (vertices, faces), frames = ball
    for index, window in enumerate(windows(frames, CPU)):
        sight = see(vertices, faces, mesh_edges(faces), frames.orbit, index, window.part)
        told, sure = window.told.reshape(-1, 4)[sight.raster.pixels].split([3, 1], 1)
        trusted = sure[:, 0] > 0
        assert trusted.float().mean() > 0.9
        cosine = (told * sight.points / RADIUS).sum(-1)[trusted]
        assert cosine.min() > 0.98
        assert losses.mono_normals(sight.normals, told, sure[:, 0]) < 5e-4
        assert (window.told[..., 3][window.alpha <= 0.5] == 0).all()


def test_without_told_normals_windows_have_none(frames):
    assert all(window.told is None for window in windows(frames, CPU))


def test_told_normals_turn_a_dented_ball_round(ball):
    """Their gradients reach the vertices, and lead where the truth is."""
    (vertices, faces), frames = ball
    window = windows(frames, CPU)[0]
    edges = mesh_edges(faces)
    dent = 0.02 * torch.exp(-(vertices - frames.orbit.positions()[0] * RADIUS / 2.2).square().sum(-1) / 0.02)
    moved = (vertices * (1 - dent / RADIUS)[:, None]).requires_grad_()

    def loss(where):
        sight = see(where, faces, edges, frames.orbit, 0, window.part)
        told, sure = window.told.reshape(-1, 4)[sight.raster.pixels].split([3, 1], 1)
        return losses.mono_normals(sight.normals, told, sure[:, 0])

    first = loss(moved)
    first.backward()
    assert first > 1.5 * loss(vertices)
    assert (moved.grad.norm(dim=-1) > 0).sum() > 300
    outward = vertices / RADIUS
    undented = moved.detach() + 0.2 * dent[:, None] * outward
    assert loss(undented) < first
    assert (moved.grad * (vertices - moved.detach())).sum() < 0
