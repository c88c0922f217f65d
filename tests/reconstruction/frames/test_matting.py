"""Frames without their background, and what is doubtful about them, said once for all."""

from pathlib import Path

import numpy as np
import pytest
import torch
from films import film

from sv3d_engine.ground.progress import Progress
from sv3d_engine.orbit.cameras import CameraOrbit, View
from sv3d_engine.picture.background_model import BEST_FIRST
from sv3d_engine.picture.ground_shadow import find_ground_shadow
from sv3d_engine.picture.matte import cut_out, matte, plain_paper
from sv3d_engine.reconstruction.frames import matting, shadows
from sv3d_engine.reconstruction.frames.bars import NOTE, without_bars
from sv3d_engine.reconstruction.frames.matting import Matted, matte_orbit
from sv3d_engine.reconstruction.frames.watermarks import NOTE as WATERMARKS
from sv3d_engine.shared.errors import UserError

FRAMES = [np.asarray(frame, np.float32) / np.float32(255) for frame in film([30.0 * i for i in range(12)])]
NAMES = [f"{i:03d}.png" for i in range(12)]


def with_shadow(rgb: np.ndarray, steepness: float = 1.0) -> np.ndarray:
    """A soft ellipse under the object, darkest in its middle."""
    rows, columns = np.mgrid[: len(rgb), : len(rgb)] / len(rgb)
    far = ((rows - 0.82) / 0.10) ** 2 + ((columns - 0.5) / 0.4) ** 2
    light = 1 - 0.45 * np.clip(steepness * (1 - far), 0, 1) ** 2
    background = (rgb > 0.99).all(-1)
    return np.where(background[..., None], light[..., None], rgb).astype(np.float32)


def matted(frames: list[np.ndarray], alpha: list[np.ndarray | None] | None = None) -> Matted:
    return matte_orbit(frames, alpha or [None] * len(frames), NAMES, Progress())


def test_frames_on_paper_are_cut_out_without_a_doubt() -> None:
    result = matted(FRAMES)
    assert result.frames.shape == (12, 96, 96, 4) and result.notes == () and result.doubts == ()
    assert 0.1 < (result.frames[..., 3] > 127).mean() < 0.4


@pytest.mark.parametrize("colour", [0.0, 0.35])
@pytest.mark.parametrize("bars", [(12, 12, 0, 0), (0, 0, 14, 9)])
def test_bars_of_a_film_are_left_out_and_the_middle_stays(colour: float, bars: tuple[int, int, int, int]) -> None:
    """Letterboxed, or taken upright; with the blocks that a film's compression leaves."""
    top, bottom, left, right = bars
    noise = np.random.default_rng(0)
    barred = []
    for frame in FRAMES:
        within = np.zeros(frame.shape[:2], bool)
        within[top : 96 - bottom, left : 96 - right] = True
        shown = np.where(within[..., None], frame, np.float32(colour)) + noise.normal(0, 0.004, frame.shape)
        barred.append(shown.clip(0, 1).astype(np.float32))
    result = matted(barred)
    assert result.notes == (NOTE,) and result.doubts == ()
    true = np.stack([matte(frame)[1] > 0.5 for frame in FRAMES])
    assert ((result.frames[..., 3] > 127) != true).mean() < 0.003


def test_a_watermark_is_left_out_and_a_small_part_that_turns_is_not() -> None:
    """Letters along the lower edge, and a bead that circles with the object, as small as they are."""
    marked = []
    for i, clean in enumerate(FRAMES):
        frame = clean.copy()
        for letter in range(6):
            frame[88:92, 56 + 6 * letter : 59 + 6 * letter] = 0.5
        bead = round(48 + 40 * np.sin(2 * np.pi * i / 12))
        frame[4:7, bead - 1 : bead + 2] = (0.8, 0.1, 0.1)
        marked.append(frame)
    result = matted(marked)
    assert result.notes == (WATERMARKS,)
    assert not (result.frames[:, 84:, 50:, 3] > 25).any()
    assert (result.frames[:, 3:8, :, 3] > 127).any((1, 2)).all()


def test_what_floats_on_the_axis_is_the_objects_and_an_alpha_is_the_artists_word() -> None:
    floating = [frame.copy() for frame in FRAMES]
    for frame in floating:
        frame[3:7, 46:50] = (0.9, 0.6, 0.1)
    result = matted(floating)
    assert result.notes == () and (result.frames[:, 3:7, 46:50, 3] > 127).all()
    beside = [matte(frame)[1] for frame in FRAMES]
    for alpha in beside:
        alpha[88:91, 80:92] = 1
    assert (matted(FRAMES, beside).frames[:, 88:91, 80:92, 3] == 255).all()


def test_a_rectangle_that_turns_is_the_object() -> None:
    """A board that fills most of its frame, on white, seen from the front and at an angle."""
    boards = []
    for i in range(12):
        board = np.ones((96, 96, 3), np.float32)
        half = round(6 + 40 * abs(np.cos(np.pi * i / 12)))
        board[10:86, 48 - half : 48 + half] = (0.2, 0.4, 0.3)
        boards.append(board)
    assert without_bars(boards) is None
    assert without_bars(FRAMES) is None


def test_a_shadow_that_most_frames_have_is_taken_off() -> None:
    shadowed = [with_shadow(frame) for frame in FRAMES]
    found = find_ground_shadow(shadowed[0], matte(shadowed[0])[1])
    assert found and found.is_sure
    assert find_ground_shadow(FRAMES[0], matte(FRAMES[0])[1]) is None
    result = matted(shadowed)
    assert result.notes == ("The shadow on the ground was taken off the frames.",) and result.doubts == ()
    true = np.stack([matte(frame)[1] > 0.5 for frame in FRAMES])
    wrong = ((result.frames[..., 3] > 127) != true).sum()
    before = (np.stack([matte(frame)[1] > 0.5 for frame in shadowed]) != true).sum()
    assert wrong < 0.15 * before


def test_a_shadow_that_is_dark_up_to_near_its_edge_is_taken_off() -> None:
    result = matted([with_shadow(frame, 1.8) for frame in FRAMES])
    assert result.notes == ("The shadow on the ground was taken off the frames.",)


def test_of_a_dynamic_orbit_the_frames_from_above_show_the_shadow() -> None:
    elevations = [20.0] * 6 + [-15.0] * 6
    views = tuple(View(name, e, 30.0 * i) for i, (name, e) in enumerate(zip(NAMES, elevations, strict=True)))
    shadowed = [with_shadow(frame) if e > 0 else frame for frame, e in zip(FRAMES, elevations, strict=True)]
    mattes = [matte(frame)[1] for frame in shadowed]
    cuts = [cut_out(frame, plain_paper(frame)) for frame in shadowed]
    assert shadows.without_shadows(shadowed, mattes, cuts, CameraOrbit(33.8, 2.0, views))
    level = CameraOrbit(33.8, 2.0, tuple(View(view.file, 10.0, view.azimuth) for view in views))
    assert shadows.without_shadows(shadowed, mattes, cuts, level) is None


def test_a_small_steep_rim_under_the_object_is_its_own() -> None:
    """The feet of generated frames fade into the paper."""
    rgb = np.ones((96, 96, 3), np.float32)
    rgb[16:70, 28:68] = (0.8, 0.3, 0.2)
    rgb[70:74, 28:68] = np.linspace(0.3, 0.9, 4)[:, None, None]
    solid = (rgb.min(-1) < 0.95).astype(np.float32)
    assert find_ground_shadow(rgb, solid) is None


def test_lines_and_what_is_lighter_than_the_ground_are_no_shadow() -> None:
    page = np.full((96, 96, 3), 0.7, np.float32)
    line, pale = page.copy(), page.copy()
    page[20:60, 40:56] = line[20:60, 40:56] = (0.8, 0.2, 0.2)
    line[84:86] = 0.1
    pale[20:80, 30:66] = 0.9
    for rgb in (line, pale):
        assert find_ground_shadow(rgb, (np.abs(rgb - 0.7).max(-1) > 0.05).astype(np.float32)) is None


@pytest.mark.parametrize("narrower", [0, 3])
def test_a_shadow_that_is_part_of_the_object_for_all_the_cameras_know_is_told_once(
    monkeypatch: pytest.MonkeyPatch, narrower: int
) -> None:
    def agreement(alpha: torch.Tensor, orbit: CameraOrbit) -> float:
        assert alpha.shape[1] == alpha.shape[2]
        return float(alpha.mean())  # less is worse

    monkeypatch.setattr(shadows, "agreement", agreement)
    monkeypatch.setattr(shadows, "_AGREE", 0.0)
    shadowed = [with_shadow(frame)[:, narrower:] for frame in FRAMES]
    orbit = CameraOrbit(33.8, 2.0, tuple(View(name, 10.0, 30.0 * i) for i, name in enumerate(NAMES)))
    result = matte_orbit(shadowed, [None] * 12, NAMES, Progress(), orbit)
    (doubt,) = result.doubts
    assert doubt.startswith("In all 12 frames a shadow on the ground") and "masks" in doubt and not result.notes


def test_a_brown_shadow_is_told() -> None:
    shadowed = [1 - (1 - with_shadow(frame)) * np.float32([0.3, 0.65, 1.0]) for frame in FRAMES]
    brown = [np.where((a < 1).any(-1, keepdims=True), a, b) for a, b in zip(FRAMES, shadowed, strict=True)]
    result = matted([frame.astype(np.float32) for frame in brown])
    assert len(result.doubts) == 1 and "In all 12 frames a shadow on the ground" in result.doubts[0]


def test_of_a_shadow_that_few_frames_have_the_others_know_better() -> None:
    shadowed = [with_shadow(frame) for frame in FRAMES]
    assert matted([*shadowed[:4], *FRAMES[4:]]).doubts == ()
    own = [matte(frame)[1] for frame in FRAMES]
    assert matted(shadowed, own).doubts == (), "an alpha of its own knows better"


def test_an_object_at_the_edge_is_told_once_with_its_frames() -> None:
    cut = [frame[20:70, 20:70] for frame in FRAMES[:5]]
    wide = [np.pad(frame[25:71, 25:71], ((2, 2), (2, 2), (0, 0)), constant_values=1) for frame in FRAMES[5:]]
    (doubt,) = matted([*cut, *wide]).doubts
    assert doubt.startswith("In 5 of 12 frames the object reaches")


def test_a_pale_object_is_told_once() -> None:
    pale = [1 - 0.09 * (1 - frame) for frame in FRAMES]
    (doubt,) = matted([frame.astype(np.float32) for frame in pale]).doubts
    assert "can hardly be told from its background along" in doubt


def noisy(rgb: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(0).random(rgb.shape, np.float32)
    return np.where((rgb > 0.99).all(-1)[..., None], noise, rgb)


def test_a_busy_background_is_left_to_the_background_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matting, "find_model", lambda: (BEST_FIRST[-1], Path("u2netp.onnx")))
    disc = np.hypot(*(np.mgrid[:96, :96] - 48)) < 20
    monkeypatch.setattr(matting, "cut_with_model", lambda rgb, model, path: (rgb, disc.astype(np.float32)))
    result = matted([noisy(frame) for frame in FRAMES])
    assert result.notes == ("The background is not plain: u2netp cut the object out of the frames.",)
    np.testing.assert_array_equal(result.frames[3, ..., 3] > 127, disc)


def test_without_a_background_model_a_busy_background_stops_and_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(matting, "find_model", lambda: None)
    with pytest.raises(UserError, match=r"background of 000\.png is not plain, or the object is cut off") as error:
        matted([noisy(frame) for frame in FRAMES])
    assert "models get u2netp" in error.value.remedy and "4.6 MB" in error.value.remedy


def test_alphas_the_wrong_way_round_are_turned() -> None:
    own = [matte(frame)[1] for frame in FRAMES]
    result = matted(FRAMES, [1 - alpha for alpha in own])
    assert result.notes == ("The frames' alphas were the wrong way round, the object transparent; they were inverted.",)
    np.testing.assert_array_equal(result.frames[..., 3] > 127, np.stack(own) > 0.5)


def test_alphas_that_are_left_as_they_are_are_not_said_to_be_turned() -> None:
    """A hole in what fills the frame: one colour is where it is transparent, as nothing was rendered there."""
    own = [matte(frame)[1] for frame in FRAMES]
    walls = [np.where(alpha[..., None] > 0.5, 1, noisy(frame)) for frame, alpha in zip(FRAMES, own, strict=True)]
    with pytest.raises(UserError, match="opaque up to their edges and transparent in the middle") as error:
        matted(walls, [1 - alpha for alpha in own])
    assert "invert the alphas" in error.value.remedy


def test_a_few_frames_that_are_not_plain_are_cut_out_by_the_model_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(matting, "find_model", lambda: (BEST_FIRST[-1], Path("u2netp.onnx")))
    monkeypatch.setattr(
        matting, "cut_with_model", lambda rgb, model, path: calls.append(1) or (rgb, np.eye(96, dtype=np.float32))
    )
    matted([noisy(FRAMES[0]), *FRAMES[1:]])
    assert len(calls) == 1
    matted([*map(noisy, FRAMES[:6]), *FRAMES[6:]])
    assert len(calls) == 1 + 12, "half of them: all by one means"
