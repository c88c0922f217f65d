"""Mattes from a plain background, against the alpha that the pictures were made with."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from sv3d_engine.picture.matte import NotPlain, backdrop, matte

Array = NDArray[np.float32]
SIZE = 288


def radius(x: float = 0.5, y: float = 0.5) -> Array:
    """Distance of each pixel of the frame from a point, in frame widths."""
    axis = (np.arange(SIZE) + 0.5) / SIZE
    return np.hypot(axis[None] - x, axis[:, None] - y).astype(np.float32)


def disc(r: float, x: float = 0.5, y: float = 0.5) -> Array:
    """Anti-aliased coverage."""
    return np.clip((r - radius(x, y)) * SIZE + 0.5, 0, 1)


def over_white(colour: tuple[float, float, float], alpha: Array) -> Array:
    return (np.asarray(colour, np.float32) * alpha[..., None] + 1 - alpha[..., None]).astype(np.float32)


def noisy(rgb: Array, strength: float = 3 / 255) -> Array:
    """Dither and specks as in generated frames: only ever darker than white."""
    noise = np.random.default_rng(0).integers(0, 4, rgb.shape[:2]) == 0
    return np.clip(rgb - strength * noise[..., None], 0, 1).astype(np.float32)


def test_alpha_and_colour_come_back() -> None:
    truth = disc(0.3)
    colours, alpha = matte(noisy(over_white((0.7, 0.2, 0.1), truth)))
    assert np.abs(alpha - truth).mean() < 0.001
    assert np.abs(alpha - truth).max() < 0.15
    edge = (truth > 0.3) & (truth < 0.9)
    assert np.abs(colours[edge] - (0.7, 0.2, 0.1)).mean() < 0.04  # no white fringe


def test_a_hole_is_see_through_and_a_highlight_is_not() -> None:
    ring = disc(0.35) - disc(0.15)
    _, alpha = matte(noisy(over_white((0.6, 0.1, 0.1), ring)))
    assert alpha[SIZE // 2, SIZE // 2] == 0
    shine = np.clip(1.15 - radius() * 3, 0, 1)[..., None]  # fades from white in the middle to red
    ball = over_white((0.6, 0.1, 0.1), disc(0.35))
    _, alpha = matte(np.maximum(ball, shine).astype(np.float32))
    assert (alpha[disc(0.34) == 1] == 1).all()


def test_a_highlight_that_something_cuts_off_is_no_hole() -> None:
    """A strap before a white highlight gives it a sharp edge on all sides but one, where it fades in."""
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE - 0.5
    shine = np.clip((0.12 - x) * 12, 0, 1) * (np.abs(y) < 0.06) * (x > -0.2)
    ball = over_white((0.6, 0.1, 0.1), disc(0.35))
    _, alpha = matte(np.maximum(ball, shine[..., None]).astype(np.float32))
    assert (alpha[disc(0.34) == 1] == 1).all()


def test_a_pale_object_keeps_its_outline() -> None:
    truth = disc(0.3)
    _, alpha = matte(noisy(over_white((0.86, 0.88, 0.88), truth)))
    assert np.logical_xor(alpha > 0.5, truth > 0.5).sum() < 0.02 * truth.sum()


def test_the_grey_halo_of_generated_frames_is_peeled_off() -> None:
    truth = disc(0.3)
    halo = 0.06 * np.clip(disc(0.3 + 4 / SIZE) - truth, 0, 1)
    rgb = over_white((0.5, 0.05, 0.05), truth) - halo[..., None]
    _, alpha = matte(rgb.astype(np.float32))
    assert (alpha[radius() > 0.3 + 3 / SIZE] < 0.1).all()
    assert np.abs(alpha - truth).mean() < 0.005


def test_specks_vanish_and_small_parts_stay() -> None:
    truth = np.maximum(disc(0.25), disc(0.012, 0.85, 0.2))
    rgb = over_white((0.1, 0.1, 0.5), truth)
    rgb[20:23, 200:203] = 0.93
    _, alpha = matte(rgb)
    assert alpha[15:28, 195:208].max() == 0
    assert alpha[round(0.2 * SIZE), round(0.85 * SIZE)] > 0.9


def test_a_line_two_pixels_wide_survives() -> None:
    truth = disc(0.2)
    truth[40:140, 143:145] = 1
    _, alpha = matte(over_white((0.2, 0.2, 0.2), truth))
    assert alpha[50:80, 143:145].min() > 0.7


def test_an_empty_frame_has_an_empty_matte() -> None:
    assert matte(np.ones((SIZE, SIZE, 3), np.float32))[1].max() == 0


def small(rgb: Array) -> Array:
    """The picture at a small model's size, 144²."""
    return rgb.reshape(SIZE // 2, 2, SIZE // 2, 2, 3).mean((1, 3), dtype=np.float32)


@pytest.mark.parametrize("blur", [1.0, 1.5, 2.0])
def test_a_blurred_outline_is_where_half_the_colour_is(blur: float) -> None:
    truth = disc(0.3)
    frame = gaussian_filter(small(over_white((0.7, 0.2, 0.1), truth)), (blur, blur, 0))
    _, alpha = matte(noisy(frame))
    assert alpha.sum() == pytest.approx(truth.sum() / 4, rel=0.03)


def test_a_pale_rim_of_a_small_sharp_frame_is_the_objects_own() -> None:
    rim = (0.86, 0.88, 0.88)
    frame = over_white(rim, disc(0.3))
    frame = frame + (np.array([0.1, 0.1, 0.4]) - rim) * disc(0.27, x=0.53)[..., None]
    _, alpha = matte(small(frame.astype(np.float32)))
    assert alpha.sum() == pytest.approx(disc(0.3).sum() / 4, rel=0.03)


def test_stains_on_the_paper_of_a_small_frame_are_no_part_of_the_object() -> None:
    truth = disc(0.3)
    stain = 0.07 * disc(0.03, x=0.1, y=0.1)[..., None]
    _, alpha = matte(small((over_white((0.7, 0.2, 0.1), truth) - stain).astype(np.float32)))
    assert not alpha[: SIZE // 12].any()
    pale = over_white((0.94, 0.94, 0.94), disc(0.3) + disc(0.1, x=0.1, y=0.1))
    _, alpha = matte(small(pale.astype(np.float32)))
    assert alpha[: SIZE // 12].any(), "as faint as the object itself"


def test_a_background_that_is_not_plain_is_told() -> None:
    rgb = np.random.default_rng(1).random((SIZE, SIZE, 3)).astype(np.float32)
    with pytest.raises(NotPlain):
        matte(rgb)


@pytest.mark.parametrize("strength", [0.1, 0.35])
def test_a_studio_backdrop_that_fades(strength: float) -> None:
    axis = np.linspace(0, 1, SIZE)
    shade = 1 - strength * (0.7 * axis[:, None] + 0.3 * (axis - 0.5) ** 2)
    truth = disc(0.3)
    rgb = (np.array([0.6, 0.1, 0.1]) * truth[..., None] + (shade * (1 - truth))[..., None]).astype(np.float32)
    paper = backdrop(rgb)
    assert np.abs(paper - shade[..., None]).max() < 0.01
    colours, alpha = matte(rgb, paper)
    assert np.abs(alpha - truth).mean() < 0.001
    assert np.abs(colours[truth == 1] - (0.6, 0.1, 0.1)).max() < 0.01


def test_a_backdrop_is_not_led_astray_by_an_object_cut_off() -> None:
    axis = np.linspace(0, 1, SIZE)
    shade = np.broadcast_to((1 - 0.2 * axis)[:, None, None], (SIZE, SIZE, 3))
    truth = disc(0.3, x=0.9)[..., None]
    rgb = (np.array([0.6, 0.1, 0.1]) * truth + shade * (1 - truth)).astype(np.float32)
    assert np.abs(backdrop(rgb) - shade).max() < 0.01


def test_an_even_backdrop_is_one_colour() -> None:
    paper = backdrop(noisy(over_white((0.7, 0.2, 0.1), disc(0.3, x=0.9))))
    assert (paper == paper[0, 0]).all()
