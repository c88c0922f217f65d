"""Azimuths that no outline tells are found by colours, and right cameras are left alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scenes import blotches, grey, icosphere, pictures_of, wavy_orbit

from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.orbit.orbit_files import CameraFile
from sv3d_engine.reconstruction.frames.refined_cameras import refine_cameras

SIZE = 192
ORBIT = wavy_orbit(16)
RIGHT = CameraFile(ORBIT.fov_deg, ORBIT.distance, ORBIT.views)


def ball(colour) -> NDArray[np.uint8]:  # (N, SIZE, SIZE, 4)
    """A ball, whose outlines are the same from everywhere."""
    vertices, faces = icosphere(4)
    seen = pictures_of(0.45 * vertices, faces, colour, ORBIT, SIZE)
    return (torch.cat([seen.rgb, seen.alpha[..., None]], -1) * 255).round().byte().numpy()


@pytest.fixture(scope="module")
def painted() -> NDArray[np.uint8]:
    return ball(lambda points: blotches(points, 0.2))


def refined(frames: NDArray[np.uint8], described: CameraFile):
    return refine_cameras(frames, described, ORBIT.distance, Progress())


def uneven(degrees: float) -> CameraFile:
    """Azimuths told wrong by this much, but for the last."""
    wrong = np.random.default_rng(3).normal(0, degrees, len(RIGHT.views))
    wrong[-1] = 0
    views = [replace(view, azimuth=view.azimuth + by) for view, by in zip(RIGHT.views, wrong.tolist(), strict=True)]
    return replace(RIGHT, views=tuple(views))


def apart(one: CameraFile) -> NDArray[np.float64]:
    """How far azimuths are from the right ones, degrees."""
    return np.array([view.azimuth - right.azimuth for view, right in zip(one.views, RIGHT.views, strict=True)])


def test_uneven_steps_round_a_ball_are_found(painted):
    told = uneven(3)
    cameras, notes = refined(painted, told)
    assert np.abs(apart(told)).max() > 4
    assert np.abs(apart(cameras)).max() < 0.8
    assert apart(cameras)[-1] == pytest.approx(0, abs=1e-3)
    assert "azimuths that differ by up to" in notes[0]


def test_right_cameras_are_left_alone(painted):
    cameras, notes = refined(painted, RIGHT)
    assert cameras is RIGHT
    assert notes == ()


def test_plain_colours_move_nothing():
    told = uneven(3)
    cameras, notes = refined(ball(grey), told)
    assert cameras is told
    assert notes == ()


def test_a_frame_without_a_say_moves_no_other(painted):
    """What it shows is another thing: its own azimuth stays, the others are found all the same."""
    told = uneven(3)
    silent = replace(told, views=(replace(told.views[0], weight=0.0), *told.views[1:]))
    frames = painted.copy()
    frames[0, ..., :3] = 255 - frames[0, ..., :3]
    cameras, _ = refined(frames, silent)
    assert cameras.views[0].azimuth == pytest.approx(silent.views[0].azimuth, abs=1e-3)
    assert np.abs(apart(cameras)[1:]).max() < 0.8


def test_it_can_be_cancelled(painted):
    class Stop(Progress):
        def __call__(self, fraction: float, note: str = "") -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        refine_cameras(painted, RIGHT, ORBIT.distance, Stop())
