"""Light that reaches a point, from each direction."""

import torch
from scenes import icosphere
from torch.nn.functional import normalize

from sv3d_engine.reconstruction.light import fibonacci_sphere
from sv3d_engine.reconstruction.material.transfer import irradiance, visibility

UP = torch.tensor([0.0, 0.0, 1.0])


def plate(height: float, half_side: float) -> tuple[torch.Tensor, torch.Tensor]:
    square = torch.tensor([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * half_side
    return square + height * UP, torch.tensor([[0, 1, 2], [0, 2, 3]])


def test_a_ball_by_itself_sees_half_of_all_directions():
    vertices, faces = icosphere(4)
    seen = visibility(vertices, vertices, vertices, faces)
    facing = vertices @ fibonacci_sphere(seen.shape[1]).T
    assert seen[facing > 0.15].mean() > 0.995
    assert seen[facing < 0].max() == 0


def test_even_light_gives_an_open_surface_its_own_radiance():
    vertices, faces = icosphere(3)
    total = irradiance(vertices, visibility(vertices, vertices, vertices, faces)).sum(1)
    torch.testing.assert_close(total, torch.ones(len(total)), rtol=0, atol=0.04)


def test_a_roof_takes_the_light_from_above_and_leaves_that_from_the_sides():
    floor, faces = plate(0.0, 1.0)
    roof, _ = plate(0.4, 0.4)
    vertices, faces = torch.cat([floor, roof]), torch.cat([faces, faces + 4])
    seen = visibility(torch.zeros(1, 3), UP[None], vertices, faces, count=400)[0]
    directions = fibonacci_sphere(400)
    up, aside = directions[:, 2], directions[:, :2].abs().amax(1)
    assert seen[(up > 0) & (aside < 0.85 * up)].max() == 0
    assert seen[(up > 0.1) & (aside > 1.15 * up)].min() == 1


def test_points_far_from_the_origin_are_no_different():
    vertices, faces = icosphere(3)
    near = visibility(vertices, vertices, vertices, faces, count=40)
    moved = 3 * vertices + torch.tensor([5.0, -2, 1])
    far = visibility(moved, normalize(vertices, dim=-1), moved, faces, count=40)
    assert (near - far).abs().mean() < 0.01
