"""Which frame SV3D is told of, and the cameras that go with it."""

from dataclasses import replace

import pytest
import torch
from scenes import egg_orbit

from sv3d_engine.orbit.cameras import CameraOrbit, View, project
from sv3d_engine.reconstruction.frames.frames import Frames
from sv3d_engine.reconstruction.guidance.reference_view import reference_view
from sv3d_engine.shared.trajectory import SV3D_FOV_DEG, static


def frames_from(*views):
    shades = torch.linspace(0.2, 0.8, len(views))[:, None, None, None].expand(-1, 8, 8, 3).contiguous()
    alpha = torch.zeros(len(views), 8, 8)
    alpha[:, 2:6, 2:6] = 1
    return Frames(shades, alpha, CameraOrbit(40.0, 2.0, views))


def shade_of(made):
    return float(made.picture[0, made.picture.shape[1] // 2, made.picture.shape[2] // 2])


def test_the_true_picture_is_taken_wherever_it_stands():
    views = [View("0.png", 10.0, 0.0), View("1.png", 0.0, 90.0, true=True), View("2.png", 10.0, 0.0)]
    made = reference_view(frames_from(*views), 8)
    assert made.view == views[1]
    assert shade_of(made) == pytest.approx(0.5)


def test_else_the_front_most_and_of_equals_the_last():
    views = [View("0.png", 10.0, 340.0), View("1.png", 10.0, 5.0), View("2.png", 10.0, 180.0), View("3.png", 10.0, 5.0)]
    assert reference_view(frames_from(*views), 8).view.file == "3.png"
    assert reference_view(frames_from(*views[:1], *views[2:3]), 8).view.file == "0.png"


@pytest.mark.parametrize("size", [4, 8, 24])
def test_it_stands_on_white_at_the_networks_size(size):
    made = reference_view(frames_from(View("0.png", 0.0, 0.0)), size)
    assert made.picture.shape == (3, size, size)
    assert made.picture[:, 0, 0].tolist() == pytest.approx([1, 1, 1])
    assert made.picture.amax() <= 1


def test_its_orbit_ends_where_it_was_taken_and_shows_the_object_as_large():
    frames = egg_orbit(size=32)
    away = replace(frames.orbit.views[3], true=True, away=1.2)
    views = tuple(away if i == 3 else view for i, view in enumerate(frames.orbit.views))
    made = reference_view(replace(frames, orbit=replace(frames.orbit, views=views)), 32)
    orbit = made.orbit(static(away.elevation))
    assert orbit.fov_deg == SV3D_FOV_DEG
    assert orbit.views[-1].azimuth == pytest.approx(away.azimuth % 360)
    assert orbit.views[4].azimuth == pytest.approx((away.azimuth + 5 * 360 / 21) % 360)
    points = torch.tensor([[0.0, 0.1, 0.1], [0.0, -0.1, 0.05]])
    ours, theirs = project(points, orbit, 20, 32), project(points, replace(frames.orbit, views=views), 3, 32)
    torch.testing.assert_close(ours[:, :2], theirs[:, :2], atol=0.3, rtol=0)
