import math

import pytest
import torch

from sv3d_engine.laboratory.dataset.generator import sample_object
from sv3d_engine.laboratory.dataset.orbits import (
    ELEVATIONS,
    FILL,
    MEAN_RADIANCE,
    WHITE,
    sample_background,
    sample_light,
    sample_orbit,
)
from sv3d_engine.orbit.cameras import project
from sv3d_engine.reconstruction.light import fibonacci_sphere, radiance
from sv3d_engine.shared.trajectory import SV3D_FOV_DEG


def test_static_elevations_are_in_range_and_azimuths_regular() -> None:
    thing = sample_object(0)
    for seed in range(20):
        orbit = sample_orbit(seed, thing, moving=False)
        assert len(orbit.views) == 21 and orbit.fov_deg == SV3D_FOV_DEG
        assert len({v.elevation for v in orbit.views}) == 1
        assert ELEVATIONS[0] <= orbit.views[0].elevation <= ELEVATIONS[1]
        assert [v.azimuth for v in orbit.views] == pytest.approx([360 * (i + 1) / 21 % 360 for i in range(21)])


def test_moving_orbits_wave_and_end_at_the_front() -> None:
    thing = sample_object(0)
    for seed in range(20):
        orbit = sample_orbit(seed, thing, moving=True)
        assert orbit.views[-1].azimuth == 0
        assert ELEVATIONS[0] <= orbit.views[-1].elevation <= ELEVATIONS[1]
        assert len({v.elevation for v in orbit.views}) > 15
        assert max(abs(v.elevation) for v in orbit.views) < 89


@pytest.mark.parametrize("moving", [False, True])
def test_nothing_is_clipped_and_the_frame_is_filled(moving: bool) -> None:
    for seed in range(12):
        thing = sample_object(seed)
        orbit = sample_orbit(seed, thing, moving)
        points = torch.from_numpy(thing.vertices)
        reach = max(float((project(points, orbit, i, 2)[:, :2] - 1).abs().max()) for i in range(21))
        assert FILL[0] - 1e-4 < reach < FILL[1] + 1e-4


def test_light_is_as_bright_as_it_says() -> None:
    everywhere = fibonacci_sphere(20_000)
    means = [float(radiance(everywhere, *(vars(sample_light(seed)).values())).mean()) for seed in range(20)]
    assert MEAN_RADIANCE[0] * 0.99 < min(means) and max(means) < MEAN_RADIANCE[1] * 1.01
    assert max(means) - min(means) > 0.2


def test_backgrounds_are_white_as_often_as_asked() -> None:
    colours = [sample_background(seed, 0.5) for seed in range(200)]
    assert 70 < colours.count(WHITE) < 130
    assert all(math.isfinite(x) and 0 <= x <= 1 for colour in colours for x in colour)
