import torch
from torch.nn.functional import normalize

from sv3d_engine.ground.colour import to_linear
from sv3d_engine.reconstruction.mesh.appearance import Appearance


def some():
    torch.manual_seed(0)
    return Appearance(0.6, finest=64, levels=4, log2_rows=10), torch.rand(20, 3) - 0.5


def test_the_grid_spans_the_cube():
    appearance, _ = some()
    corners = torch.tensor([[-1.0, -1, -1], [1, 1, 1], [0.5, -0.5, 0]])
    torch.testing.assert_close(appearance.features(0.6 * corners), appearance.grid((corners + 1) / 2))


def test_colour_is_albedo_times_light():
    appearance, points = some()
    shading = torch.linspace(0.2, 1.2, 20)
    colour, albedo, highlight, _ = appearance(points, normalize(points, dim=-1), shading, points[:0])
    assert torch.equal(albedo, appearance.albedo(points))
    assert ((albedo > 0) & (albedo < 1)).all()
    assert torch.equal(highlight, torch.zeros(20, 1))  # none to begin with
    torch.testing.assert_close(to_linear(colour), albedo * shading[:, None])


def test_a_highlight_belongs_to_the_view_and_not_to_the_albedo():
    appearance, points = some()
    torch.nn.init.normal_(appearance.highlight[2].weight)
    front, side = (
        appearance(points, normalize(torch.tensor(d), dim=-1).expand(20, 3), torch.ones(20), points[:0])
        for d in ([1.0, 0, 0], [0.0, 1, 1])
    )
    assert (front[2] - side[2]).abs().max() > 1e-3
    assert torch.equal(front[1], side[1])
    front[2].sum().backward()
    assert appearance.grid.table.grad is None
