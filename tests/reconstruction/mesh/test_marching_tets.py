import math

import pytest
import torch
from scenes import is_closed, volume

from sv3d_engine.reconstruction.mesh.tetrahedra import EDGE_CORNERS, TetGrid, band_grid, marching_tets

CPU = torch.device("cpu")


def one_tetrahedron():
    corners = torch.tensor([[0.1, 0.0, 0.2], [1.0, 0.1, 0.0], [0.0, 1.2, 0.1], [0.2, 0.1, 0.9]])
    border = torch.zeros(4, dtype=torch.bool)
    return TetGrid(corners, torch.arange(4)[None], torch.tensor(EDGE_CORNERS), torch.arange(6)[None], border, 1.0)


@pytest.mark.parametrize("case", range(16))
def test_every_pattern_of_signs(case):
    grid = one_tetrahedron()
    inside = torch.tensor([bool(case >> i & 1) for i in range(4)])
    distance = torch.tensor([0.3, 0.5, 0.7, 1.1]) * torch.where(inside, -1.0, 1.0)
    vertices, faces = marching_tets(grid.vertices, distance, grid)
    assert len(faces) == [0, 1, 2, 1, 0][int(inside.sum())]
    # In one tetrahedron the distance is linear, so all there is to know: the plane it vanishes on.
    slope = torch.linalg.solve(grid.vertices[1:] - grid.vertices[0], distance[1:] - distance[0])
    on_plane = distance[0] + (vertices - grid.vertices[0]) @ slope
    torch.testing.assert_close(on_plane, torch.zeros(len(vertices)), atol=1e-5, rtol=0)
    a, b, c = vertices[faces].unbind(1)
    normal = torch.linalg.cross(b - a, c - a)
    assert (normal @ slope > 0).all()  # towards positive distance
    if len(faces) == 2:
        assert len(faces.unique()) == 4  # the two halves of a quad, sharing one diagonal in opposite senses
        assert not is_closed(faces)
        shared = [v for v in faces[0].tolist() if v in faces[1].tolist()]
        assert len(shared) == 2
        assert float(normal[0] @ normal[1]) > 0


@pytest.mark.parametrize("radius", [0.4, 0.37])
def test_a_sphere_is_closed_outward_and_of_the_right_size(radius):
    grid = band_grid(lambda p: p.norm(dim=-1) - radius, 0.6, 24, CPU)
    vertices, faces = marching_tets(grid.vertices, grid.vertices.norm(dim=-1) - radius, grid)
    assert is_closed(faces)
    assert torch.equal(faces.unique(), torch.arange(len(vertices)))
    assert len(vertices) - len(faces) * 3 // 2 + len(faces) == 2  # Euler: one sphere
    assert volume(vertices, faces) == pytest.approx(4 / 3 * math.pi * radius**3, rel=0.01)
    a, b, c = vertices[faces].unbind(1)
    assert ((torch.linalg.cross(b - a, c - a) * (a + b + c)).sum(-1) >= 0).all()


def test_a_distance_of_nought_counts_as_outside_and_makes_no_hole():
    alone = one_tetrahedron()
    assert not len(marching_tets(alone.vertices, torch.tensor([0.0, 0.5, 0.7, 1.1]), alone)[1])
    assert len(marching_tets(alone.vertices, torch.tensor([0.0, -0.5, -0.7, -1.1]), alone)[1]) == 1
    grid = band_grid(lambda p: p.abs().amax(-1) - 0.3, 0.6, 12, CPU)  # a cube whose sides lie on grid corners
    distance = (grid.vertices.abs().amax(-1) - 0.3).mul(1e4).round() / 1e4
    assert (distance == 0).sum() > 100
    vertices, faces = marching_tets(grid.vertices, distance, grid)
    assert is_closed(faces)
    assert torch.isfinite(vertices).all()
    assert volume(vertices, faces) == pytest.approx(0.6**3, rel=0.01)


def test_gradients_are_those_of_finite_differences():
    grid = band_grid(lambda p: p.norm(dim=-1) - 0.35, 0.6, 4, CPU)
    positions = grid.vertices.double().requires_grad_()
    torch.manual_seed(0)
    distance = (grid.vertices.norm(dim=-1) - 0.35).double()
    distance = (distance + 0.02 * torch.randn_like(distance)).requires_grad_()
    weights = torch.randn(len(grid.edges), 3, dtype=torch.float64)

    def total(positions, distance):
        vertices, _ = marching_tets(positions, distance, grid)
        return (vertices * weights[: len(vertices)]).sum()

    assert torch.autograd.gradcheck(total, (positions, distance))
