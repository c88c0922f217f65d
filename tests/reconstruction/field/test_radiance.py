import pytest
import torch
from torch.nn.functional import normalize

from sv3d_engine.reconstruction.field.radiance_field import OUTSIDE_HULL, RadianceField, unbiased_thickness
from sv3d_engine.reconstruction.field.volume import weights


def some_field():
    torch.manual_seed(0)
    return RadianceField(0.6, torch.randn(5, 6, 7), levels=3, finest=32, log2_rows=8)


def test_the_hull_is_read_along_x_y_z():
    field = some_field()
    x, y, z = 3, 1, 5
    centre = ((torch.tensor([[x, y, z]]) + 0.5) / torch.tensor([5, 6, 7]) * 2 - 1) * 0.6
    torch.testing.assert_close(field.distance_from(centre, torch.zeros(1)), field.hull_distance[x, y, z][None])


def test_the_grid_spans_the_cube():
    field = some_field()
    corners = torch.tensor([[-1.0, -1, -1], [1, 1, 1], [0.5, -0.5, 0]])
    torch.testing.assert_close(field.features(0.6 * corners), field.grid((corners + 1) / 2))


def test_the_surface_shrinks_as_it_likes_but_swells_only_a_little():
    """No ray is sampled far outside the hull, so nothing would call a surface back from there."""
    field, points = some_field(), torch.rand(9, 3) - 0.5
    hull, wide, wider, narrow = (field.distance_from(points, torch.full((9,), r)) for r in (0.0, -0.1, -100.0, 100.0))
    torch.testing.assert_close(hull - wide, torch.full((9,), 0.01), atol=1e-3, rtol=0)
    torch.testing.assert_close(hull - wider, torch.full((9,), OUTSIDE_HULL * 0.6))
    torch.testing.assert_close(narrow - hull, torch.full((9,), 10.0))


def test_one_distance_by_both_ways():
    field = some_field()
    points, directions = torch.rand(9, 3) - 0.5, normalize(torch.randn(9, 3), dim=-1)
    distance, colour, highlight = field(points, directions)
    torch.testing.assert_close(distance, field.distance(points))
    assert ((colour > 0) & (colour < 1)).all()
    assert torch.equal(highlight, torch.zeros(9, 1))  # none to begin with


def test_a_highlight_leaves_the_surface_alone():
    field = some_field()
    torch.nn.init.normal_(field.highlight[2].weight)
    highlight = field(torch.rand(9, 3) - 0.5, normalize(torch.randn(9, 3), dim=-1))[2]
    highlight.sum().backward()
    assert field.grid.table.grad is None
    assert field.highlight[2].weight.grad.abs().sum() > 0


def opacity(distance, width):
    last = torch.zeros(len(distance), dtype=torch.bool)
    last[-1] = True
    return float(weights(unbiased_thickness(distance, last, width), torch.tensor([0, len(distance)])).sum())


@pytest.mark.parametrize("width", [0.02, 0.1])
def test_a_ray_that_touches_is_half_covered_whatever_the_width(width):
    along = torch.linspace(-2, 2, 4001)
    assert opacity(along.abs(), width) == pytest.approx(0.5, abs=1e-3)
    assert opacity(along.abs() - 1, width) == pytest.approx(1, abs=1e-3)
    assert opacity(along.abs() + 1, width) == pytest.approx(0, abs=1e-3)


def test_rays_do_not_run_into_each_other():
    thickness = unbiased_thickness(torch.tensor([0.5, 0.2, -0.4]), torch.tensor([False, True, True]), 0.1)
    assert thickness[0] > 0
    assert torch.equal(thickness[1:], torch.zeros(2))
