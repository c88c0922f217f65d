import pytest
import torch
from scenes import icosphere, is_closed, volume

from sv3d_engine.reconstruction.mesh.tet_shape import TetShape
from sv3d_engine.reconstruction.mesh.tetrahedra import band_grid
from sv3d_engine.reconstruction.render.rasterize import vertex_normals

RADIUS = 0.4


def ball():
    grid = band_grid(lambda p: p.norm(dim=-1) - RADIUS, 0.6, 16, torch.device("cpu"))
    return TetShape(grid, grid.vertices.norm(dim=-1) - RADIUS, learning_rate=0.1)


def test_normals_of_a_sphere_point_outward():
    vertices, faces = icosphere(3)
    normals = vertex_normals(vertices * 0.3, faces)
    torch.testing.assert_close(normals.norm(dim=-1), torch.ones(len(vertices)))
    assert (normals * vertices).sum(-1).min() > 0.998


def test_normals_gradient_is_that_of_finite_differences():
    vertices, faces = icosphere(0)
    assert torch.autograd.gradcheck(lambda v: vertex_normals(v, faces), vertices.double().requires_grad_())


def test_the_mesh_stays_closed_whatever_the_gradients():
    shape = ball()
    torch.manual_seed(0)
    for _ in range(15):
        shape.distance.grad = torch.randn_like(shape.distance)
        shape.offset.grad = torch.randn_like(shape.offset)
        shape.step()
    vertices, faces = shape.mesh()
    assert is_closed(faces)
    assert volume(vertices, faces) > 0
    border = shape.grid.border
    assert torch.equal(shape.distance[border] > 0, shape.grid.vertices[border].norm(dim=-1) > RADIUS)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_surface_pushed_to_the_band_stops_there(sign):
    shape = ball()
    for _ in range(40):
        shape.distance.grad = torch.full_like(shape.distance, sign)
        shape.offset.grad = torch.zeros_like(shape.offset)
        shape.step()
    vertices, faces = shape.mesh()
    assert is_closed(faces)
    travelled = (vertices.norm(dim=-1) - RADIUS) / shape.grid.spacing
    assert (travelled * sign > 0.9).all()
    assert travelled.abs().max() < 5


def test_tetrahedra_never_turn_over():
    shape = ball()
    torch.manual_seed(0)
    with torch.no_grad():
        shape.offset.copy_(torch.randn_like(shape.offset).sign() * 3)  # tanh 3 = 0.995
    a, b, c, d = shape.positions().detach()[shape.grid.tets].unbind(1)
    assert (torch.linalg.det(torch.stack([b - a, c - a, d - a], 1)) > 0).all()


def test_steps_down_the_gradient_reach_a_smaller_sphere():
    shape = ball()
    for _ in range(40):
        vertices, _ = shape.mesh()
        (vertices.norm(dim=-1) - 0.35).square().mean().backward()
        shape.step(0.3)
    vertices, faces = shape.mesh()
    assert is_closed(faces)
    torch.testing.assert_close(vertices.norm(dim=-1), torch.full((len(vertices),), 0.35), atol=0.01, rtol=0)


def test_steps_are_smooth_and_clear_the_gradients():
    shape = ball()
    shape.distance.grad = torch.zeros_like(shape.distance)
    shape.offset.grad = torch.zeros_like(shape.offset)
    edge = shape.grid.edges[len(shape.grid.edges) // 2]
    shape.distance.grad[edge[0]] = 1.0
    before = shape.distance.detach().clone()
    shape.step()
    change = before - shape.distance.detach()
    assert change[edge[0]] > change[edge[1]] > 0  # the neighbour comes along
    assert shape.distance.grad is None
    assert shape.offset.grad is None
