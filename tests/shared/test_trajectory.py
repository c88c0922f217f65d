"""Where the camera goes: what holds for every orbit."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sv3d_engine.shared.trajectory import MAX_ELEVATION, Pose, dynamic, sine, static

ROOT = Path(__file__).resolve().parents[2]
ORBITS = {
    "static": static,
    "sine": lambda elevation, count: sine(elevation, 30, count),
    "dynamic": lambda elevation, count: dynamic(elevation, 5, count),
}


@pytest.mark.parametrize("name", ORBITS)
@pytest.mark.parametrize("count", [8, 21, 40])
@pytest.mark.parametrize("elevation", [-12.3, 0.0, 10.1])
def test_an_orbit_goes_once_round_and_ends_exactly_at_the_picture(name: str, count: int, elevation: float) -> None:
    poses = ORBITS[name](elevation, count)
    assert len(poses) == count
    assert poses[-1] == Pose(elevation, 0.0)
    azimuths = [0.0, *(pose.azimuth for pose in poses[:-1]), 360.0]
    assert all(a < b for a, b in pairwise(azimuths))


def test_a_static_orbit_has_regular_steps_at_one_elevation() -> None:
    poses = static(10)
    assert poses[0] == Pose(10, 360 / 21)
    assert {pose.elevation for pose in poses} == {10}
    azimuths = [0.0, *(pose.azimuth for pose in poses[:-1]), 360.0]
    assert [b - a for a, b in pairwise(azimuths)] == pytest.approx([360 / 21] * 21)


def test_a_sine_rises_first_and_falls_as_much_later() -> None:
    poses = sine(10, 30, 20)
    assert poses[4] == pytest.approx(Pose(40, 90))
    assert poses[9] == pytest.approx(Pose(10, 180))
    assert poses[14] == pytest.approx(Pose(-20, 270))


def test_a_dynamic_orbit_is_its_seeds() -> None:
    assert dynamic(10, 7) == dynamic(10, 7)
    assert len({dynamic(10, seed) for seed in range(50)}) == 50


def test_a_seed_means_the_same_orbit_in_every_version() -> None:
    poses = dynamic(10, 0)
    assert poses[0] == pytest.approx(Pose(5.776135278248461, 17.144212974686308))
    assert poses[10] == pytest.approx(Pose(13.618894829802391, 190.49840589343475))


def test_a_dynamic_elevation_is_smooth() -> None:
    """It moves, and nothing of it comes and goes more often than five times a turn."""
    for seed in range(200):
        elevations = np.array([pose.elevation for pose in dynamic(10, seed)])
        assert np.ptp(elevations) > 3
        assert np.abs(np.fft.rfft(elevations)[6:]).max() < 1e-9


@pytest.mark.parametrize("elevation", [-89.0, -70.0, 45.0, 80.0, 89.0])
def test_a_dynamic_orbit_keeps_off_the_poles(elevation: float) -> None:
    for seed in range(200):
        assert max(abs(pose.elevation) for pose in dynamic(elevation, seed)) <= MAX_ELEVATION


def test_blender_can_draw_orbits_without_pytorch() -> None:
    check = "import sys, sv3d_engine.shared.trajectory; sys.exit(bool({'torch', 'numpy'} & sys.modules.keys()))"
    subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=True)
