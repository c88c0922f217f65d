"""Orbits that SV3D can be asked about, each different."""

import random
from itertools import pairwise

import pytest

from sv3d_engine.reconstruction.guidance.random_orbit import RISE, random_orbit
from sv3d_engine.shared.trajectory import MAX_ELEVATION, REGULAR_STEP, TRAINED_JUMP, Pose, static


def orbits(elevation, count=40):
    draw = random.Random(0)
    return [random_orbit(elevation, "p", draw) for _ in range(count)]


@pytest.mark.parametrize("elevation", [-5.0, 12.0, 80.0])
def test_every_orbit_ends_at_the_picture_and_stays_among_cameras(elevation):
    for poses in orbits(elevation):
        assert len(poses) == 21
        assert poses[-1] == Pose(elevation, 0.0)
        assert all(abs(p.elevation) <= MAX_ELEVATION for p in poses)
        heights = [elevation, *(p.elevation for p in poses)]
        assert max(abs(b - a) for a, b in pairwise(heights)) < TRAINED_JUMP


def test_orbits_differ_in_height_and_offset():
    made = orbits(10.0)
    lowest, highest = (end(p.elevation for poses in made for p in poses) for end in (min, max))
    assert lowest < 10 - RISE
    assert highest > 10 + RISE
    offsets = {round(poses[0].azimuth - REGULAR_STEP, 6) for poses in made}
    assert len(offsets) == len(made)
    assert max(map(abs, offsets)) <= 0.5 * REGULAR_STEP + 1e-6
    steps = [(b.azimuth - a.azimuth) % 360 for poses in made for a, b in pairwise(poses[:-1])]
    assert min(steps) == pytest.approx(REGULAR_STEP)
    assert max(steps) == pytest.approx(REGULAR_STEP)


def test_sv3d_u_is_asked_what_it_knows():
    assert random_orbit(7.0, "u", random.Random(1)) == static(7.0)
