"""The outline's gradient, against the truth: how an area grows and where its centre goes."""

import math

import pytest
import torch
from scenes import icosphere

from sv3d_engine.reconstruction.render.antialias import antialias, mesh_edges, silhouette_crossings
from sv3d_engine.reconstruction.render.rasterize import rasterize

SIZE = 64
CENTRE = torch.tensor([31.3, 32.4, 0.0])


def shapes():
    """Flat and round outlines on the screen: x, y in pixels around 0, depth 10.  name -> vertices, faces, area."""
    sphere, faces = icosphere(3)
    scale = torch.tensor([15.0, 15.0, -0.5])  # +Z is towards the viewer
    ring = torch.arange(4) / 4 * 2 * math.pi + 0.3
    square = torch.stack([ring.cos() * 16, -ring.sin() * 16, torch.zeros(4)], 1)
    depth = torch.tensor([0.0, 0.0, 10.0])
    flipped = sphere * torch.tensor([1.0, -1.0, 1.0])  # y runs down on the screen
    return {
        "sphere": (flipped * scale + depth, faces, math.pi * 15**2),
        "tilted square": (square + depth, torch.tensor([[0, 1, 2], [0, 2, 3]]), 2 * 16**2),
    }


def coverage(vertices, faces):  # (H·W,)
    raster = rasterize(vertices, faces, SIZE, SIZE)
    crossings = silhouette_crossings(raster, vertices, faces, mesh_edges(faces))
    return antialias(raster.spread(torch.ones(len(raster.pixels), 1)), crossings)[:, 0]


@pytest.fixture(params=["sphere", "tilted square"])
def shape(request):
    return shapes()[request.param]


def test_covered_area_is_the_true_area(shape):
    vertices, faces, area = shape
    assert float(coverage(vertices + CENTRE, faces).sum()) == pytest.approx(area, rel=0.01)


def test_area_grows_with_scale_as_it_should(shape):
    vertices, faces, area = shape
    stretch = torch.tensor([1.0, 1.0, 0.0])

    def covered(scale):
        return coverage(vertices * (1 + (scale - 1) * stretch) + CENTRE, faces).sum()

    scale = torch.tensor(1.0, requires_grad=True)
    (gradient,) = torch.autograd.grad(covered(scale), scale)
    with torch.no_grad():
        difference = (covered(torch.tensor(1.05)) - covered(torch.tensor(0.95))) / 0.1
    assert float(gradient) == pytest.approx(2 * area, rel=0.05)
    assert float(gradient) == pytest.approx(float(difference), rel=0.05)


@pytest.mark.parametrize("direction", [(1.0, 0.0), (0.0, 1.0), (0.8, 0.6), (-(0.5**0.5), 0.5**0.5)])
def test_a_shift_moves_the_centre_along_and_not_across(shape, direction):
    vertices, faces, area = shape
    pixel = torch.arange(SIZE * SIZE)
    place = torch.stack([pixel % SIZE, pixel // SIZE], 1) - 32.0
    along, across = torch.tensor(direction), torch.tensor([-direction[1], direction[0]])

    def moments(shift):
        covered = coverage(vertices + CENTRE + torch.cat([shift * along, torch.zeros(1)]), faces)
        return (covered[:, None] * place).sum(0) @ torch.stack([along, across], 1)

    shift = torch.zeros((), requires_grad=True)
    for wanted, moment in zip((area, 0.0), moments(shift), strict=True):
        (gradient,) = torch.autograd.grad(moment, shift, retain_graph=True)
        assert float(gradient) == pytest.approx(wanted, abs=0.04 * area)
    with torch.no_grad():
        difference = (moments(torch.tensor(1.5)) - moments(torch.tensor(-1.5))) / 3
    assert float(difference[0]) == pytest.approx(area, rel=0.04)


def test_a_shape_before_another_has_an_outline_and_one_behind_has_none():
    square = torch.tensor([[10.3, 10.3, 5], [10.3, 30.6, 5], [30.6, 30.6, 5], [30.6, 10.3, 5]])
    wall = (square - torch.tensor([20.0, 20, 0])) * torch.tensor([10.0, 10, 1]) + torch.tensor([20.0, 20, 0])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    both = torch.cat([faces, faces + 4])
    for wall_depth, outlined in ((8.0, True), (2.0, False)):
        behind = wall * torch.tensor([1.0, 1, 0]) + torch.tensor([0, 0, wall_depth])
        screen = torch.cat([square, behind])
        raster = rasterize(screen, both, SIZE, SIZE)
        crossings = silhouette_crossings(raster, screen, both, mesh_edges(both))
        assert (len(crossings.position) > 0) == outlined


def test_an_outline_hidden_by_something_nearer_does_not_count():
    far = torch.tensor([[10.3, 10.3, 5], [10.3, 30.6, 5], [31.2, 30.6, 5], [31.2, 10.3, 5]])
    near = torch.tensor([[30.7, 2.3, 2], [30.7, 40.6, 2], [45.2, 40.6, 2], [45.2, 2.3, 2]])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])
    screen = torch.cat([far, near])
    crossings = silhouette_crossings(rasterize(screen, faces, SIZE, SIZE), screen, faces, mesh_edges(faces))
    at_the_seam = crossings.inner % SIZE == 31
    assert at_the_seam.sum() > 10  # the nearer one's left side
    assert not ((crossings.inner % SIZE == 30) & (crossings.outer % SIZE == 31)).any()


def square(left, right, depth):
    """A square on the screen, from row 10 to row 30."""
    return torch.tensor([[left, 10.0, depth], [left, 30.0, depth], [right, 30.0, depth], [right, 10.0, depth]])


def overlapping(*squares):
    """Squares one before the other, as one mesh: vertices and faces."""
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    return torch.cat(squares), torch.cat([faces + 4 * i for i in range(len(squares))])


@pytest.mark.parametrize("ends", [(30.75, 30.9), (30.9, 30.75)])
@pytest.mark.parametrize("mirrored", [False, True])
def test_of_outlines_between_two_pixels_the_outermost_counts(ends, mirrored):
    """A surface that folds over itself has several; added up they would cover more than there is."""
    folds = [square(10.0, end, 5 + 0.01 * i) for i, end in enumerate(ends)]
    screen, faces = overlapping(*folds)
    if mirrored:
        screen, faces = screen * torch.tensor([-1.0, 1, 1]) + torch.tensor([SIZE, 0, 0]), faces.flip(1)
    row = coverage(screen, faces).reshape(SIZE, SIZE)[20]
    row = row.flip(0) if mirrored else row
    torch.testing.assert_close(row[28:33], torch.tensor([1.0, 1.0, 0.9, 0.0, 0.0]), atol=1e-4, rtol=0)


def test_an_outline_well_behind_what_is_seen_there_does_not_count():
    """However near it is on the screen: here both end between the same two pixels, the hidden one further out."""
    screen, faces = overlapping(square(10.0, 30.75, 4.7), square(20.0, 31.25, 5.0))
    crossings = silhouette_crossings(rasterize(screen, faces, SIZE, SIZE), screen, faces, mesh_edges(faces))
    ends = crossings.position[(crossings.inner % SIZE == 30) & (crossings.outer % SIZE == 31)]
    torch.testing.assert_close(ends, torch.full_like(ends, 0.25))
    assert len(ends) == 20


def test_colours_mix_by_how_far_the_outline_reaches():
    square = torch.tensor([[10.0, 10.0, 5], [10.0, 30.0, 5], [30.25, 30.0, 5], [30.25, 10.0, 5]])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    covered = coverage(square, faces).reshape(SIZE, SIZE)
    torch.testing.assert_close(covered[20, 28:32], torch.tensor([1.0, 1.0, 0.25, 0.0]))


def test_inner_edges_change_nothing(shape):
    vertices, faces, _ = shape
    raster = rasterize(vertices + CENTRE, faces, SIZE, SIZE)
    colours = raster.spread(torch.rand(len(raster.pixels), 3, generator=torch.manual_seed(0)))
    mixed = antialias(colours, silhouette_crossings(raster, vertices + CENTRE, faces, mesh_edges(faces)))
    changed = (mixed != colours).any(1).reshape(SIZE, SIZE)
    seen = raster.face_index >= 0
    deep = -torch.nn.functional.max_pool2d(-seen.float()[None], 5, 1, 2)[0] > 0
    assert changed.any()
    assert not changed[deep].any()


def test_every_edge_once_with_its_two_faces():
    _, faces = icosphere(1)
    edges = mesh_edges(faces)
    assert len(edges.vertices) == len(faces) * 3 // 2
    assert len(edges.vertices.sort(1).values.unique(dim=0)) == len(edges.vertices)
    for side in range(2):
        corners = torch.cat([edges.vertices, edges.opposite[:, side : side + 1]], 1)
        assert torch.equal(corners.sort(1).values, faces[edges.faces[:, side]].sort(1).values)


def test_a_rim_has_one_face():
    edges = mesh_edges(torch.tensor([[0, 1, 2], [0, 2, 3]]))
    assert (edges.faces[:, 1] >= 0).sum() == 1
    assert torch.equal(edges.faces[:, 1] < 0, edges.opposite[:, 1] < 0)
