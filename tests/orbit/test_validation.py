"""Which orbits SV3D takes, and what is said about the others."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sv3d_engine.orbit.validation import check_sv3d_orbit, poses_from_file, resolve_orbit
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.protocol import ORBITS
from sv3d_engine.shared.trajectory import Pose, dynamic, sine, static

Poses = tuple[Pose, ...]


def turned(poses: Poses, degrees: float) -> Poses:
    return tuple(Pose(pose.elevation, pose.azimuth + degrees) for pose in poses)


def with_azimuths(azimuth: Callable[[int], float]) -> Poses:
    return tuple(Pose(10.0, azimuth(i)) for i in range(21))


def with_pose(index: int, elevation: float, azimuth: float) -> Poses:
    poses = list(static(10))
    poses[index] = Pose(elevation, azimuth)
    return tuple(poses)


def swapped(i: int, k: int) -> Poses:
    poses = list(static(10))
    poses[i], poses[k] = poses[k], poses[i]
    return tuple(poses)


def save(folder: Path, poses: Poses, fov: float = 33.8) -> Path:
    frames = [{"file": f"{i}.png", "elevation": p.elevation, "azimuth": p.azimuth} for i, p in enumerate(poses)]
    path = folder / "cameras.json"
    path.write_text(json.dumps({"fov_deg": fov, "frames": frames}), encoding="utf-8")
    return path


@pytest.mark.parametrize("elevation", [-5, 0, 12.5, 30])
def test_the_models_own_orbits_pass_without_a_word(elevation: float) -> None:
    assert check_sv3d_orbit(static(elevation)) == ()
    assert check_sv3d_orbit(sine(elevation)) == ()
    assert check_sv3d_orbit(sine(elevation, -50)) == ()
    for seed in range(1000):
        assert check_sv3d_orbit(dynamic(elevation, seed)) == ()


def test_dynamic_orbits_from_anywhere_are_valid() -> None:
    for seed in range(1000):
        check_sv3d_orbit(dynamic(seed % 179 - 89, seed))


@pytest.mark.parametrize("start", [-1000.0, -17.0, 1e-9, 90.0, 359.9, 720.0])
def test_only_the_azimuths_relative_to_the_last_matter(start: float) -> None:
    assert check_sv3d_orbit(turned(dynamic(10, 3), start)) == ()


def test_a_last_azimuth_of_360_is_0() -> None:
    assert check_sv3d_orbit(with_pose(20, 10, 360)) == ()


@pytest.mark.parametrize(
    ("poses", "cause"),
    [
        (static(10, 20), "has 20 frames"),
        (static(10, 84), "has 84 frames"),
        ((), "has 0 frames"),
        (with_pose(3, 89.5, 68), "elevation of frame 4 of the orbit is 89.5°"),
        (with_pose(3, float("nan"), 68), "elevation of frame 4"),
        (with_pose(3, 10, float("inf")), "azimuth of frame 4"),
        (with_azimuths(lambda i: -360 * (i + 1) / 21), "clockwise"),
        (with_azimuths(lambda i: -720 * (i + 1) / 21), "clockwise"),
        (with_azimuths(lambda i: 720 * (i + 1) / 21), "goes round the object 2 times"),
        (with_azimuths(lambda i: 360 * i / 20), "Frames 21 and 1 of the orbit have the same azimuth"),
        (with_azimuths(lambda i: 0), "same azimuth"),
        (with_pose(8, 10, static(10)[7].azimuth), "Frames 8 and 9 of the orbit have the same azimuth"),
        (swapped(6, 7), "jumps back from frame 7 to frame 8"),
        (tuple(sorted(static(10), key=lambda pose: -pose.azimuth)), "clockwise"),
        (static(10)[5:] + static(10)[:5][::-1], "jumps back"),
    ],
)  # fmt: skip
def test_mistakes_are_named(poses: Poses, cause: str) -> None:
    with pytest.raises(UserError) as error:
        check_sv3d_orbit(poses)
    assert cause in error.value.cause
    assert error.value.remedy


@pytest.mark.parametrize(
    ("poses", "said"),
    [
        (static(45), "picture's elevation is 45°"),
        (static(-8), "picture's elevation is -8°"),
        (sine(10, 70), "70° above the picture's view"),
        (sine(10, -70), "70° below the picture's view"),
        (with_pose(9, 50, static(10)[9].azimuth), "changes by 40° from frame 9 to frame 10"),
        (with_pose(0, 50, static(10)[0].azimuth), "changes by 40° from frame 21 to frame 1"),
        (with_azimuths(lambda i: (60 + 15 * i) % 360), "Frames 21 and 1 are 60° apart"),
        (with_azimuths(lambda i: 14 * i + (60 if i > 9 else 0)), "Frames 10 and 11 are 74° apart"),
    ],
)
def test_what_the_model_was_not_trained_on_is_told(poses: Poses, said: str) -> None:
    warnings = check_sv3d_orbit(poses)
    assert len(warnings) == 1 and said in warnings[0]


def test_an_orbit_from_a_file_is_taken_as_it_is_written(tmp_path: Path) -> None:
    poses = turned(dynamic(10, 4), 30)
    assert poses_from_file(save(tmp_path, poses)) == (poses, ())
    assert resolve_orbit("file", 10, 30, 0, save(tmp_path, poses), "p") == (poses, ())


def test_another_lens_is_told(tmp_path: Path) -> None:
    _, warnings = resolve_orbit("file", 10, 30, 0, save(tmp_path, static(10), fov=50), "p")
    assert len(warnings) == 1 and "50° field of view" in warnings[0]


def test_a_file_that_sv3d_cannot_follow_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has 12 frames"):
        resolve_orbit("file", 10, 30, 0, save(tmp_path, static(10, 12)), "p")
    with pytest.raises(UserError, match="No cameras file"):
        resolve_orbit("file", 10, 30, 0, None, "p")


def test_names_mean_orbits() -> None:
    for variant in ("u", "p"):
        assert resolve_orbit("static", 5, 30, 0, None, variant)[0] == static(5)
    assert resolve_orbit("auto", 5, 30, 0, None, "u")[0] == static(5)
    assert resolve_orbit("auto", 5, 20, 0, None, "p")[0] == sine(5, 20)
    assert resolve_orbit("sine", 5, 20, 0, None, "p")[0] == sine(5, 20)
    assert resolve_orbit("dynamic", 5, 30, 8, None, "p")[0] == dynamic(5, 8)


@pytest.mark.parametrize("name", sorted(set(ORBITS) - {"auto", "static"}))
def test_sv3d_u_takes_no_orbit(name: str) -> None:
    with pytest.raises(UserError, match="takes no camera orbit"):
        resolve_orbit(name, 10, 30, 0, None, "u")


@pytest.mark.parametrize(("elevation", "amplitude"), [(60, 30), (-60, 30), (10, -80), (10, float("nan"))])
def test_a_sine_over_the_pole_is_refused(elevation: float, amplitude: float) -> None:
    with pytest.raises(UserError, match="over the object's pole"):
        resolve_orbit("sine", elevation, amplitude, 0, None, "p")


@pytest.mark.parametrize("elevation", [90, -89.1, float("nan"), float("inf")])
def test_an_impossible_elevation_is_the_pictures(elevation: float) -> None:
    with pytest.raises(UserError, match="elevation of the picture"):
        resolve_orbit("dynamic", elevation, 30, 0, None, "p")
