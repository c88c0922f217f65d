"""The demo object and the orbit that was rendered from it."""

import numpy as np
import pytest
import torch
from PIL import Image

from sv3d_engine.laboratory.demo import robot, studio
from sv3d_engine.orbit.orbit_files import read_orbit


def grid(resolution: int) -> torch.Tensor:
    axis = torch.linspace(-0.6, 0.6, resolution)
    return torch.cartesian_prod(axis, axis, axis)


def test_the_robot_fills_a_unit_box_around_the_origin() -> None:
    points = grid(121)
    inside = points[robot.distance(points) < 0]
    low, high = inside.amin(0), inside.amax(0)
    assert (high - low).max() == pytest.approx(1.0, abs=0.03)
    assert ((high + low) / 2).abs().max() < 0.02


def test_the_distance_never_overestimates() -> None:
    points = torch.rand(4000, 3, generator=torch.Generator().manual_seed(0)) - 0.5
    others = torch.rand(4000, 3, generator=torch.Generator().manual_seed(1)) - 0.5
    difference = (robot.distance(points) - robot.distance(others)).abs()
    assert (difference <= (points - others).norm(dim=-1) + 1e-5).all()


def test_colours_are_albedo() -> None:
    colours = robot.albedo(grid(40))
    assert colours.min() >= 0.01 and colours.max() <= 0.8
    assert len(torch.unique(colours, dim=0)) >= 8


def test_a_uniform_surface_receives_the_mean_of_what_it_sees() -> None:
    light = studio.irradiance(torch.eye(3))
    assert (light > 0.05).all() and (light < 1.3).all()
    assert (light[2] > studio.irradiance(-torch.eye(3))[2]).all()  # more from above than from below


def test_the_stored_orbit_is_what_make_renders() -> None:
    cameras = read_orbit(studio.FOLDER / "cameras.json")
    assert cameras == studio.orbit()
    index, size = 7, 64
    frame = studio.render(cameras, index, size, robot.distance, studio.shade)
    stored = Image.open(studio.FOLDER / cameras.views[index].file)
    small = np.asarray(stored.resize((size, size), Image.Resampling.BOX), dtype=np.float32) / 255
    assert np.abs(small[..., 3] - frame[..., 3].numpy()).mean() < 0.002
    solid = small[..., 3] > 0.99
    assert np.abs(small[..., :3] - frame[..., :3].numpy())[solid].mean() < 0.02


def test_the_picture_is_the_orbits_last_view() -> None:
    picture = Image.open(studio.PICTURE)
    assert (picture.size, picture.mode) == ((studio.PICTURE_SIZE, studio.PICTURE_SIZE), "RGBA")
    last = Image.open(studio.FOLDER / studio.orbit().views[-1].file)
    shown, expected = (np.asarray(p.resize((64, 64), Image.Resampling.BOX), dtype=np.float32) for p in (picture, last))
    assert np.abs(shown[..., 3] - expected[..., 3]).mean() < 1
    view = studio.orbit().views[-1]
    assert (view.elevation, view.azimuth % 360) == (studio.ELEVATION, 0)
