"""Frames that the others contradict are found, moved, set aside or told to count less; right ones are left alone."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from recorder import Recorder
from scenes import box, grey, icosphere, pictures_of
from torch import Tensor

from sv3d_engine.ground.progress import Cancelled
from sv3d_engine.orbit.cameras import CameraOrbit, View
from sv3d_engine.orbit.orbit_files import CameraFile
from sv3d_engine.picture.prepare import to_bytes
from sv3d_engine.reconstruction.frames import dissent as module
from sv3d_engine.reconstruction.frames.dissent import Dissent, dissent, weighed

SIZE, SPOILED = 96, 4
ORBIT = CameraOrbit(33.8, 2.2, tuple(View(f"{i:03d}.png", 10 + 20 * (i % 2), 360 * i / 20) for i in range(20)))
NAMES = [f"{i:03d}.png" for i in range(20)]


def figure() -> tuple[Tensor, Tensor]:
    """A ball with an arm to its left, one up to its right, and a foot."""
    ball, faces = icosphere(4)
    cube, sides = box((6, 6, 6))
    parts = [(0.25 * ball, faces)]
    for size, place in (
        ((0.04, 0.16, 0.04), (0, -0.3, 0.05)),
        ((0.04, 0.04, 0.2), (0.02, 0.26, 0.2)),
        ((0.12, 0.05, 0.05), (0.1, 0, -0.3)),
    ):
        parts.append((cube * torch.tensor(size) + torch.tensor(place), sides))
    starts = np.cumsum([0] + [len(vertices) for vertices, _ in parts[:-1]])
    return torch.cat([v for v, _ in parts]), torch.cat([f + int(s) for (_, f), s in zip(parts, starts, strict=True)])


@cache
def true() -> Tensor:  # (N, S, S)
    return pictures_of(*figure(), grey, ORBIT, SIZE).alpha


def spoiled(kind: str) -> Tensor:
    alpha = true().clone()
    frame = alpha[SPOILED]
    rows = frame.amax(1).nonzero()[:, 0]
    if kind == "aside":
        alpha[SPOILED] = frame.roll((-3, 5), (0, 1))
    elif kind == "without its top":
        frame[: int(rows[0] + 0.3 * (rows[-1] - rows[0]))] = 0
    elif kind == "with a blob":
        frame[60:74, 8:30] = 1
    elif kind == "of another side":
        alpha[SPOILED] = alpha[SPOILED + 8]
    return alpha


def test_right_frames_are_left_alone() -> None:
    found = dissent(true(), ORBIT)
    assert found.against.max() < 1 and (found.weights == 1).all() and not found.aside.any()


def test_an_object_that_stands_aside_is_found_to_a_fraction_of_a_pixel() -> None:
    found = dissent(spoiled("aside"), ORBIT)
    assert found.aside[SPOILED] * SIZE == pytest.approx([5, -3], abs=0.6)
    assert (np.delete(found.aside, SPOILED, 0) == 0).all() and (found.weights == 1).all()


@pytest.mark.parametrize("kind", ["without its top", "with a blob", "of another side"])
def test_a_frame_that_shows_another_thing_counts_less_and_the_others_as_before(kind: str) -> None:
    found = dissent(spoiled(kind), ORBIT)
    assert found.weights[SPOILED] < 0.5 and (np.delete(found.weights, SPOILED) == 1).all()
    assert not found.aside.any()


def test_where_most_are_at_odds_none_is_set_aside() -> None:
    mixed = true()[torch.randperm(20, generator=torch.Generator().manual_seed(2))]
    found = dissent(mixed, ORBIT)
    assert (found.weights == 1).all() and not found.aside.any()


def pictures(alpha: Tensor) -> np.ndarray:
    return np.stack([to_bytes(np.broadcast_to(np.float32(0.4), (*one.shape, 3)), one.numpy()) for one in alpha])


def described(orbit: CameraOrbit = ORBIT) -> CameraFile:
    return CameraFile(orbit.fov_deg, orbit.distance, orbit.views)


def test_the_frame_is_moved_back_and_a_note_says_how_far() -> None:
    found = weighed(pictures(spoiled("aside")), described(), 2.2, NAMES)
    frames, cameras, notes = found.frames, found.described, found.notes
    assert found.aside[SPOILED] * SIZE == pytest.approx([5, -3], abs=0.6)
    assert notes == ("Where the object stood aside, the frame was moved: 004.png by 6 pixels.",)
    assert np.abs(frames[SPOILED, ..., 3] / 255 - true()[SPOILED].numpy()).mean() < 0.01
    np.testing.assert_array_equal(np.delete(frames, SPOILED, 0), np.delete(pictures(true()), SPOILED, 0))
    assert cameras == described()


def test_a_frame_is_set_aside_with_a_note_and_keeps_its_place() -> None:
    found = weighed(pictures(spoiled("of another side")), described(), 2.2, NAMES)
    assert found.notes == ("The other frames contradict 004.png: it was set aside.",)
    assert found.described.views[SPOILED] == replace(ORBIT.views[SPOILED], weight=0.0) and len(found.frames) == 20
    assert not found.aside.any()


def test_where_no_more_frames_are_left_than_needed_it_counts_a_little(monkeypatch: pytest.MonkeyPatch) -> None:
    against = np.array([0, 0, 3.0, 0, 0, 0, 0, 0])
    monkeypatch.setattr(module, "dissent", lambda *_: Dissent(against, np.zeros((8, 2))))
    orbit = replace(ORBIT, views=ORBIT.views[:8])
    found = weighed(pictures(true()[:8]), described(orbit), 2.2, NAMES[:8])
    assert 0 < found.described.views[2].weight < 0.1
    assert found.notes == ("The other frames contradict 002.png in part: it counts less.",)


def test_what_the_artist_says_of_weights_stays() -> None:
    given = replace(described(), weighed=True)
    frames = pictures(spoiled("of another side"))
    same = weighed(frames, given, 2.2, NAMES)
    assert same.frames is frames and same.described is given and same.notes == ()
    assert not same.aside.any()


def test_weights_fall_with_what_is_held_against_a_frame() -> None:
    found = Dissent(np.array([2.5, 0, 1, 1.5]), np.zeros((4, 2)))
    assert found.weights.tolist() == [0, 1, 1, 0.5]


def test_the_comparison_can_be_cancelled() -> None:
    with pytest.raises(Cancelled):
        dissent(true(), ORBIT, Recorder(stop_at=1))
