"""Cameras that the outlines agree with are found whatever was said, and right ones are left alone."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.laboratory.demo.studio import FOLDER
from sv3d_engine.orbit.cameras import View
from sv3d_engine.orbit.orbit_files import CameraFile, read_cameras
from sv3d_engine.reconstruction.frames.camera_fit import SWINGS, Candidate
from sv3d_engine.reconstruction.frames.coherence import TurnCameras
from sv3d_engine.reconstruction.frames.found_cameras import Found, _told, find_cameras
from sv3d_engine.shared.errors import UserError

SIZE = 192


@pytest.fixture(scope="module")
def frames() -> NDArray[np.uint8]:  # (21, SIZE, SIZE, 4)
    names = sorted(FOLDER.glob("*.png"))
    return np.stack([np.asarray(Image.open(name).convert("RGBA").resize((SIZE, SIZE))) for name in names])


@pytest.fixture(scope="module")
def right() -> CameraFile:
    return read_cameras(FOLDER / "cameras.json")


def found(frames: NDArray[np.uint8], described: CameraFile, *, as_given: bool = False) -> Found:
    return find_cameras(frames, described, Progress(), as_given=as_given)


def with_views(right: CameraFile, elevation=lambda e: e, azimuth=lambda a: a) -> CameraFile:
    views = [replace(v, elevation=elevation(v.elevation), azimuth=azimuth(v.azimuth)) for v in right.views]
    return replace(right, views=tuple(views))


def apart(one: CameraFile, other: CameraFile) -> tuple[float, float]:
    """The largest differences of elevations and azimuths, degrees."""
    elevations = max(abs(a.elevation - b.elevation) for a, b in zip(one.views, other.views, strict=True))
    turns = [(a.azimuth - b.azimuth + 180) % 360 - 180 for a, b in zip(one.views, other.views, strict=True)]
    return elevations, max(map(abs, turns))


def test_right_cameras_are_left_alone(frames, right):
    kept = found(frames, right)
    assert kept.described is right
    assert kept.frames is frames
    assert kept.notes == ()


def test_one_spoiled_frame_does_not_move_the_cameras(frames, right):
    spoiled = frames.copy()
    spoiled[3, 80:100, :] = (0, 200, 0, 255)
    assert found(spoiled, right).described is right


def test_a_turn_the_other_way_is_found(frames, right):
    mended = found(frames, with_views(right, azimuth=lambda a: -a))
    assert max(apart(mended.described, right)) < 0.5
    assert mended.notes[0].startswith("The camera goes clockwise round the object")


@pytest.mark.parametrize("kept", [0, 1])
def test_frames_in_the_reverse_order_of_their_cameras_are_understood(frames, right, kept):
    count = len(frames)
    order = [*range(count - kept - 1, -1, -1), *range(count - kept, count)]
    mended = found(frames[order], right)
    assert max(apart(mended.described, replace(right, views=tuple(right.views[i] for i in order)))) < 0.5
    assert mended.notes[0].startswith("The frames are in the reverse order of the cameras.")


def test_elevations_alone_may_be_in_radians(frames, right):
    mended = found(frames, with_views(right, elevation=lambda e: e * 0.01745))
    assert max(apart(mended.described, right)) < 0.5
    assert "elevations are in radians" in mended.notes[0]


@pytest.mark.parametrize("way", [1, -1])
def test_an_orbit_that_rises_and_falls_is_found_without_cameras(frames, right, way):
    """The robot's goes up and down by 25°, the search begins at 30°."""
    static = with_views(right, elevation=lambda e: 10.0)
    order = frames if way > 0 else np.concatenate([frames[-2::-1], frames[-1:]])
    mended = found(order, replace(static, assumed=True))
    expected = right.views if way > 0 else (*right.views[-2::-1], right.views[-1])
    assert max(apart(mended.described, replace(right, views=expected))) < 1
    assert "rises and falls on its way round, between elevations of -15° and 35°" in mended.notes[0]


@pytest.mark.parametrize("wrong", [-22.0, 15.0])
def test_a_hidden_elevation_is_found(frames, right, wrong):
    mended = found(frames, with_views(right, elevation=lambda e: e + wrong))
    assert max(apart(mended.described, right)) < 0.5
    assert f"an elevation of about {right.views[-1].elevation:.0f}°" in mended.notes[0]


def test_angles_from_the_pole_are_understood(frames, right):
    chosen = [i for i, view in enumerate(right.views) if view.elevation > 2]
    part = replace(right, views=tuple(right.views[i] for i in chosen))
    mended = found(frames[chosen], with_views(part, elevation=lambda e: 90 - e))
    assert max(apart(mended.described, part)) < 0.5
    assert "counted from above" in mended.notes[0]


def test_a_camera_that_aims_aside_is_found_and_the_frames_are_moved_back(frames, right):
    aside = np.roll(frames, (0, 9), (1, 2))
    mended = found(aside, right)
    assert max(apart(mended.described, right)) < 0.5
    assert "9 pixels right" in mended.notes[0]
    within = np.abs(mended.frames[..., 3].astype(int) - frames[..., 3]) > 128
    assert within.mean() < 0.002  # the outlines lie where they were, to half a pixel


def test_another_lens_is_found(frames, right):
    mended = found(frames, replace(right, fov_deg=46.0))
    assert abs(mended.described.fov_deg - right.fov_deg) < 2
    assert "lens" in mended.notes[0]


def test_uneven_steps_are_found(frames, right):
    random = np.random.default_rng(0)
    shifted = with_views(right, azimuth=lambda a: a + random.uniform(-7, 7))
    views = (*shifted.views[:-1], right.views[-1])
    mended = found(frames, replace(right, views=views))
    assert apart(mended.described, right)[1] < 3
    least, most = (int(number) for number in re.findall(r"(\d+)°", mended.notes[0])[:2])
    assert "uneven" in mended.notes[0]
    assert 5 < least < 17 < most < 40, "the last step, across 0°, is as short as the others"


def test_an_orbit_that_comes_round_again_is_understood(frames, right):
    """The last picture shows the first one's side, so there are 21 places but 20 steps."""
    again = np.concatenate([frames[-1:], frames])
    views = [right.views[-1], *right.views]
    assumed = [replace(view, azimuth=360 * (i + 1) / 22) for i, view in enumerate(views)]
    mended = found(again, replace(right, views=tuple(assumed), assumed=True))
    steps = np.diff([view.azimuth for view in mended.described.views])
    assert abs(steps.mean() - 360 / 21) < 0.3
    assert "first one's side again" in mended.notes[0]


def test_cameras_as_given_are_only_told_of(frames, right):
    wrong = with_views(right, azimuth=lambda a: -a)
    told = found(frames, wrong, as_given=True)
    assert told.described is wrong
    assert told.frames is frames
    assert "used as given" in told.notes[0]
    assert "clockwise" in told.notes[0]


def test_one_picture_many_times_is_refused(frames, right):
    with pytest.raises(UserError, match="do not turn"):
        found(np.repeat(frames[:1], 21, 0), right)


def test_a_ball_that_looks_alike_from_all_sides_is_not_refused(right):
    y, x = np.mgrid[:SIZE, :SIZE] / (SIZE - 1) * 2 - 1
    ball = (np.hypot(x, y) < 0.6).astype(np.uint8)[..., None] * np.array([200, 80, 60, 255], np.uint8)
    assert found(np.repeat(ball[None], 21, 0), right).described is right


def test_frames_in_no_order_are_refused(frames, right):
    shuffled = np.random.default_rng(1).permutation(len(frames))
    with pytest.raises(UserError, match="do not fit together"):
        found(frames[shuffled], right)


def test_the_search_can_be_cancelled(frames, right):
    class Stopped(Progress):
        def __call__(self, fraction: float, note: str = "") -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        find_cameras(frames, with_views(right, azimuth=lambda a: -a), Stopped(), as_given=False)


def test_a_camera_that_neither_rises_nor_falls_has_an_elevation(right):
    level = with_views(right, elevation=lambda e: 40.0)
    azimuths = torch.tensor([view.azimuth for view in right.views])
    cameras = TurnCameras(torch.full_like(azimuths, 10.0), azimuths, right.fov_deg)
    best = Candidate(f"{SWINGS} 1", cameras, 0.0)
    told = _told(best, cameras, level, list(range(len(azimuths))), 576)
    assert told == ["The camera stands at an elevation of about 10°, not 40°."]


def test_one_picture_that_is_its_own_mirror_image_does_not_turn_either(frames, right):
    half = frames[-1].shape[1] // 2
    front = frames[-1].copy()
    front[:, half:] = front[:, :half][:, ::-1]
    with pytest.raises(UserError, match="do not turn"):
        found(np.stack([front] * len(frames)), right)


def test_a_ball_with_one_spoiled_frame_is_no_picture_that_does_not_turn():
    """All its views are alike, as a vase's are, and one shows something else."""
    y, x = np.mgrid[-1 : 1 : 64 * 1j, -1 : 1 : 64 * 1j]
    cover = np.stack([x**2 + y**2 < 0.4] * 10)
    cover[3] = (abs(x) < 0.2) & (abs(y) < 0.75)
    ball = np.repeat(cover[..., None], 4, -1).astype(np.uint8) * 255
    views = tuple(View(f"{i:03d}.png", 10.0, 36.0 * i) for i in range(10))
    assert found(ball, CameraFile(33.8, 2.0, views), as_given=True).described.views == views
