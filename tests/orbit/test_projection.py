import pytest
import torch
from scenes import wavy_orbit

from sv3d_engine.orbit.cameras import CameraOrbit, View, frame_rays, pixel_size, project, projection_matrices

FRONT = CameraOrbit(90.0, 2.0, (View("front.png", 0.0, 0.0),))  # on +X: +Y is to its right, +Z up


@pytest.mark.parametrize(
    ("point", "seen"),
    [
        ((0.0, 0.0, 0.0), (50.0, 50.0, 2.0)),
        ((0.0, 1.0, 0.0), (75.0, 50.0, 2.0)),
        ((0.0, 0.0, 1.0), (50.0, 25.0, 2.0)),
        ((1.0, 0.5, 0.0), (75.0, 50.0, 1.0)),
    ],
)
def test_the_front_camera_sees_y_to_the_right_and_z_up(point, seen):
    torch.testing.assert_close(project(torch.tensor([point]), FRONT, 0, 100)[0], torch.tensor(seen))


def test_rays_go_through_the_pixels_they_are_named_for():
    orbit, size = wavy_orbit(5), 32
    view, pixel = torch.tensor([0, 1, 2, 3, 4]), torch.tensor([0, 31, 500, 777, 1023])
    origins, directions = frame_rays(orbit, size, view, pixel)
    torch.testing.assert_close(directions.norm(dim=-1), torch.ones(5))
    for i in range(5):
        seen = project((origins[i] + 1.7 * directions[i])[None], orbit, i, size)[0]
        centre = torch.tensor([pixel[i] % size + 0.5, pixel[i] // size + 0.5])
        torch.testing.assert_close(seen[:2], centre, atol=1e-3, rtol=0)


def test_gradient_is_that_of_finite_differences():
    points = (torch.rand(6, 3, dtype=torch.float64, generator=torch.manual_seed(0)) - 0.5).requires_grad_()
    assert torch.autograd.gradcheck(lambda p: project(p, wavy_orbit(3), 1, 64), points)


def test_a_pixels_size_is_that_at_the_object():
    orbit = wavy_orbit(5)
    right = orbit.rotations()[4][0] * pixel_size(orbit, 96)
    here, there = project(torch.stack([torch.zeros(3), right]), orbit, 4, 96)
    torch.testing.assert_close((there - here)[:2], torch.tensor([1.0, 0.0]), atol=1e-3, rtol=0)


def test_a_cameras_matrix_projects_as_it_does():
    orbit, points = wavy_orbit(5), torch.rand(20, 3, generator=torch.Generator().manual_seed(0)) - 0.5
    for index, matrix in enumerate(projection_matrices(orbit, 96)):
        x, y, depth = (points @ matrix[:, :3].T + matrix[:, 3]).unbind(-1)
        seen = torch.stack([x / depth, y / depth, depth], -1)
        torch.testing.assert_close(seen, project(points, orbit, index, 96), atol=1e-4, rtol=1e-5)
