"""Orbit cameras: where they stand and what they see."""

import torch

from sv3d_engine.orbit.cameras import CameraOrbit, View, static_orbit


def test_azimuth_0_is_in_front_on_x_and_grows_counter_clockwise_seen_from_above() -> None:
    orbit = CameraOrbit(33.8, 2.0, (View("a", 0, 0), View("b", 0, 90), View("c", 30, 180)))
    expected = torch.tensor([[2.0, 0, 0], [0, 2, 0], [-(3**0.5), 0, 1]])
    torch.testing.assert_close(orbit.positions(), expected, atol=1e-6, rtol=0)


def test_camera_axes_are_a_rotation_that_looks_at_the_origin() -> None:
    orbit = static_orbit(elevation=25, distance=2.5)
    rotations = orbit.rotations()
    torch.testing.assert_close(rotations @ rotations.transpose(1, 2), torch.eye(3).expand(21, 3, 3), atol=1e-5, rtol=0)
    assert torch.allclose(torch.linalg.det(rotations), torch.ones(21), atol=1e-5)
    origin = (rotations @ -orbit.positions()[..., None])[..., 0]
    torch.testing.assert_close(origin, torch.tensor([0, 0, -2.5]).expand(21, 3), atol=1e-5, rtol=0)
    assert (rotations[:, 1, 2] > 0).all()  # +Z is up in every frame


def test_the_last_frame_of_a_static_orbit_is_the_front() -> None:
    views = static_orbit(elevation=10, distance=2).views
    assert (len(views), views[-1].azimuth, views[0].azimuth) == (21, 0.0, 360 / 21)
