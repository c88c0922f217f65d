import pytest
import torch
from scenes import icosphere, wavy_orbit

from sv3d_engine.orbit.cameras import project
from sv3d_engine.reconstruction.render.rasterize import interpolate, rasterize, visible_faces
from sv3d_engine.reconstruction.render.rasterize_ref import visible_faces_ref


def triangle_soup(count, size, seed):
    """Triangles of all sizes and both windings, some partly outside the picture.  screen (3F, 3), faces (F, 3)."""
    draw = torch.Generator().manual_seed(seed)
    centre = torch.rand(count, 1, 2, generator=draw) * 1.4 * size - 0.2 * size
    reach = size * torch.rand(count, 1, 1, generator=draw) ** 3
    corners = centre + reach * (torch.rand(count, 3, 2, generator=draw) - 0.5)
    depth = 1 + torch.rand(count, 3, 1, generator=draw)
    return torch.cat([corners, depth], -1).reshape(-1, 3), torch.arange(3 * count).reshape(-1, 3)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (33, 70)])
def test_kernel_and_twin_see_the_same_faces(height, width):
    screen, faces = triangle_soup(300, 64, seed=1)
    fast, plain = visible_faces(screen, faces, height, width), visible_faces_ref(screen, faces, height, width)
    assert (fast >= 0).float().mean() > 0.5
    assert (fast != plain).float().mean() < 0.002  # rounding on shared borders


def test_a_sphere_hides_its_own_back():
    vertices, faces = icosphere(3)
    orbit = wavy_orbit(4)
    screen = project(vertices * 0.4, orbit, 1, 48)
    for see in (visible_faces, visible_faces_ref):
        index = see(screen, faces, 48, 48)
        seen = vertices[faces[index[index >= 0]]].mean(1)
        assert (seen @ orbit.positions()[1] > 0).all()


def test_the_nearer_of_two_triangles_is_seen():
    near = torch.tensor([[2.0, 2, 1], [30, 2, 1], [2, 30, 1]])
    screen = torch.cat([near + torch.tensor([0, 0, 1.0]), near])
    faces = torch.tensor([[0, 1, 2], [3, 5, 4]])
    for see in (visible_faces, visible_faces_ref):
        assert set(see(screen, faces, 32, 32).unique().tolist()) == {-1, 1}


@pytest.mark.parametrize("see", [visible_faces, visible_faces_ref])
def test_a_triangle_seen_edge_on_is_not_there(see):
    """Needles along lines of pixel centres, where what is 0 may be rounded to either side."""
    draw = torch.Generator().manual_seed(0)
    start = torch.rand(200, 1, generator=draw) * 8
    start = torch.cat([start, start + torch.randint(-3, 4, (200, 1), generator=draw)], 1)
    end = start + torch.rand(200, 1, generator=draw) * 24
    corners = torch.cat([torch.stack([start, start, end], 1), torch.ones(200, 3, 1)], -1)
    index = see(corners.reshape(-1, 3), torch.arange(600).reshape(200, 3), 32, 32)
    assert (index == -1).all()


def test_nothing_in_the_picture_is_an_empty_raster():
    raster = rasterize(torch.tensor([[-9.0, -9, 1], [-8, -9, 1], [-9, -8, 1]]), torch.tensor([[0, 1, 2]]), 8, 8)
    assert (raster.face_index == -1).all()
    assert raster.barycentric.shape == (0, 3)
    assert torch.equal(raster.spread(torch.ones(0, 2)), torch.zeros(64, 2))


def test_interpolation_is_perspective_correct():
    vertices, faces = icosphere(2)
    orbit, size = wavy_orbit(4), 40
    vertices = vertices * 0.4
    raster = rasterize(project(vertices, orbit, 2, size), faces, size, size)
    torch.testing.assert_close(raster.barycentric.sum(-1), torch.ones(len(raster.pixels)))
    assert (raster.barycentric > -1e-3).all()
    points = interpolate(vertices, raster, faces)
    seen = project(points, orbit, 2, size)  # a point seen in a pixel projects to the pixel's centre
    centres = torch.stack([raster.pixels % size, raster.pixels // size], -1) + 0.5
    torch.testing.assert_close(seen[:, :2], centres, atol=2e-3, rtol=0)


def test_gradients_inside_faces_are_those_of_finite_differences():
    vertices, faces = icosphere(0)
    orbit, size = wavy_orbit(3), 11
    vertices = (vertices.double() * 0.4).requires_grad_()
    attributes = torch.randn(len(vertices), 2, dtype=torch.float64, generator=torch.manual_seed(3)).requires_grad_()

    def picture(vertices, attributes):
        raster = rasterize(project(vertices, orbit, 1, size), faces, size, size)
        return raster.barycentric, interpolate(attributes, raster, faces)

    assert len(picture(vertices, attributes)[0]) > 15
    assert torch.autograd.gradcheck(picture, (vertices, attributes))
