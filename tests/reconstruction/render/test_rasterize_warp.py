"""CUDA's kernels on the CPU, which runs the same source."""

import pytest
import torch
from scenes import icosphere, wavy_orbit

from sv3d_engine.orbit.cameras import project
from sv3d_engine.reconstruction.render import rasterize_warp
from sv3d_engine.reconstruction.render.rasterize import interpolate, rasterize
from sv3d_engine.reconstruction.render.rasterize_ref import visible_faces_ref
from sv3d_engine.reconstruction.render.rasterize_warp import barycentric_warp, interpolate_warp, visible_faces_warp


def triangle_soup(count, size):
    """Overlapping triangles of all sizes and both windings, some partly or wholly outside the picture."""
    draw = torch.Generator().manual_seed(1)
    centre = torch.rand(count, 1, 2, generator=draw) * 1.6 * size - 0.3 * size
    reach = size * torch.rand(count, 1, 1, generator=draw) ** 3
    corners = centre + reach * (torch.rand(count, 3, 2, generator=draw) - 0.5)
    depth = 1 + torch.rand(count, 3, 1, generator=draw)
    return torch.cat([corners, depth], -1).reshape(-1, 3), torch.arange(3 * count).reshape(-1, 3)


@pytest.mark.parametrize("threads", [1, 2000, 1 << 18])  # one for a triangle, a few, one for each of its rows
@pytest.mark.parametrize(("height", "width"), [(64, 64), (33, 70)])
def test_the_faces_seen_are_the_twins(height, width, threads, monkeypatch):
    monkeypatch.setattr(rasterize_warp, "_THREADS", threads)
    screen, faces = triangle_soup(300, 64)
    fast, plain = visible_faces_warp(screen, faces, height, width), visible_faces_ref(screen, faces, height, width)
    assert (fast >= 0).float().mean() > 0.5
    assert (fast != plain).float().mean() < 0.002  # rounding on shared borders


def test_of_two_equally_near_the_first_is_seen():
    screen, faces = triangle_soup(100, 32)
    once, twice = (visible_faces_warp(screen, some, 32, 32) for some in (faces, faces.repeat(2, 1)))
    assert torch.equal(once, twice)


def test_the_nearer_of_two_triangles_is_seen():
    near = torch.tensor([[2.0, 2, 1], [30, 2, 1], [2, 30, 1]])
    screen = torch.cat([near + torch.tensor([0, 0, 1.0]), near])
    for faces in ([[0, 1, 2], [3, 5, 4]], [[3, 4, 5], [0, 2, 1]]):
        seen = visible_faces_warp(screen, torch.tensor(faces), 32, 32)
        assert seen[5, 5] == [face[0] for face in faces].index(3)
        assert len(seen.unique()) == 2


def test_what_has_no_area_or_place_or_lies_behind_the_camera_is_not_seen():
    screen = torch.tensor([[2.5, 2.5, 1], [9.5, 9.5, 1], [6.5, 6.5, 1], [2, 12, -1], [12, 2, -1], [12, 12, -1]])
    nowhere = torch.tensor([[torch.nan, 2, 1], [2, 12, torch.nan]])
    faces = torch.tensor([[0, 1, 2], [0, 0, 1], [1, 1, 1], [3, 4, 5], [0, 3, 6], [4, 5, 7]])
    screen = torch.cat([screen, nowhere])
    assert (visible_faces_warp(screen, faces, 16, 16) == -1).all()


def test_a_mesh_without_faces_is_not_seen():
    assert (visible_faces_warp(torch.ones(3, 3), torch.empty(0, 3, dtype=torch.long), 4, 5) == -1).all()


def sphere_in_a_frame():
    vertices, faces = icosphere(2)
    screen = project(vertices * 0.4, wavy_orbit(4), 1, 40)[:, :3].detach().requires_grad_()
    attributes = torch.randn(len(vertices), 5, generator=torch.manual_seed(2)).requires_grad_()
    return screen, attributes, faces, rasterize(screen, faces, 40, 40)


def test_barycentric_coordinates_and_their_gradients_are_the_twins():
    screen, _, faces, raster = sphere_in_a_frame()
    mine = barycentric_warp(screen, faces, raster.faces, raster.pixels, raster.width)
    torch.testing.assert_close(mine, raster.barycentric, atol=1e-4, rtol=1e-4)
    asked = torch.randn(mine.shape, generator=torch.manual_seed(3))
    (mine,), (twins,) = (torch.autograd.grad(each, screen, asked) for each in (mine, raster.barycentric))
    assert twins.abs().sum() > 50
    torch.testing.assert_close(mine, twins, atol=1e-3, rtol=1e-3)


def test_interpolated_attributes_and_their_gradients_are_the_twins():
    _, attributes, faces, raster = sphere_in_a_frame()
    share = raster.barycentric.detach().requires_grad_()
    mine = interpolate_warp(attributes, faces, raster.faces, share)
    twins = (attributes[faces[raster.faces]] * share[..., None]).sum(1)
    torch.testing.assert_close(mine, twins)
    torch.testing.assert_close(mine, interpolate(attributes, raster, faces))
    asked = torch.randn(mine.shape, generator=torch.manual_seed(3))
    gradients = (torch.autograd.grad(each, (attributes, share), asked) for each in (mine, twins))
    for gradient, twin in zip(*gradients, strict=True):
        torch.testing.assert_close(gradient, twin, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("wanted", [0, 1])
def test_an_attributes_gradient_may_be_asked_for_alone(wanted):
    _, attributes, faces, raster = sphere_in_a_frame()
    inputs = [attributes.detach(), raster.barycentric.detach()]
    inputs[wanted].requires_grad_()
    interpolate_warp(inputs[0], faces, raster.faces, inputs[1]).sum().backward()
    assert inputs[wanted].grad.abs().sum() > 0
    assert inputs[1 - wanted].grad is None


def test_nothing_seen_has_no_coordinates_and_no_attributes():
    screen, attributes, faces, _ = sphere_in_a_frame()
    none = torch.empty(0, dtype=torch.long)
    share = barycentric_warp(screen, faces, none, none, 40)
    seen = interpolate_warp(attributes, faces, none, share)
    assert seen.shape == (0, 5)
    seen.sum().backward()
    assert not screen.grad.any()
    assert not attributes.grad.any()
