import pytest
import torch
from scenes import is_closed

from sv3d_engine.reconstruction.mesh.tetrahedra import BAND_CELLS, EDGE_CORNERS, band_grid

HALF_SIDE, RESOLUTION, RADIUS = 0.6, 20, 0.4


@pytest.fixture(scope="module")
def grid():
    return band_grid(lambda p: p.norm(dim=-1) - RADIUS, HALF_SIDE, RESOLUTION, torch.device("cpu"))


def volumes(grid):
    a, b, c, d = grid.vertices.double()[grid.tets].unbind(1)
    return torch.linalg.det(torch.stack([b - a, c - a, d - a], 1)) / 6


def test_tetrahedra_are_alike_and_of_one_orientation(grid):
    expected = torch.full((len(grid.tets),), grid.spacing**3 / 12, dtype=torch.float64)
    torch.testing.assert_close(volumes(grid), expected, rtol=1e-4, atol=0)
    assert grid.spacing == pytest.approx(2 * HALF_SIDE / RESOLUTION)


def test_edges_are_numbered_once(grid):
    assert (grid.edges[:, 0] < grid.edges[:, 1]).all()
    assert len(grid.edges.unique(dim=0)) == len(grid.edges)
    for number, (i, j) in enumerate(EDGE_CORNERS):
        ends = grid.tets[:, [i, j]].sort(1).values
        assert torch.equal(grid.edges[grid.tet_edges[:, number]], ends)
    assert torch.equal(grid.tet_edges.unique(), torch.arange(len(grid.edges)))


def test_tetrahedra_meet_face_to_face_and_only_the_border_is_open(grid):
    triples = torch.cat([grid.tets[:, [i for i in range(4) if i != left]] for left in range(4)])
    faces, count = triples.sort(1).values.unique(dim=0, return_counts=True)
    assert set(count.tolist()) == {1, 2}
    open_to = faces[count == 1].unique()
    assert torch.equal(grid.border.nonzero()[:, 0], open_to)


def test_the_band_holds_the_surface_with_room_on_both_sides(grid):
    distance = grid.vertices.norm(dim=-1) - RADIUS
    assert distance.abs().max() < (BAND_CELLS + 1) * grid.spacing
    assert distance[grid.border].abs().min() > (BAND_CELLS - 2) * grid.spacing
    assert (distance[grid.border] < 0).any()
    assert (distance[grid.border] > 0).any()


def test_scene_checks_are_to_be_trusted():
    """A tetrahedron is closed; one without a face, or with one turned over, is not."""
    faces = torch.tensor([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])
    assert is_closed(faces)
    assert not is_closed(faces[:3])
    assert not is_closed(torch.cat([faces[:3], faces[3:].flip(1)]))
