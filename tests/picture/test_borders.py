"""Bars and page borders of any plain colour, compressed or not, and what only looks like them."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from sv3d_engine.picture.borders import content_window, is_rectangle, is_whole

SIZE = 240


def scene(height: int = SIZE, width: int = SIZE) -> np.ndarray:
    """Something with a busy background, (H, W, 3) in [0, 1]."""
    rng = np.random.default_rng(3)
    soft = ndimage.gaussian_filter(rng.random((height, width, 3)), (6, 6, 0))
    return ((soft - soft.min()) / np.ptp(soft) * 0.8 + 0.1).astype(np.float32)


def framed(picture: np.ndarray, top: int, bottom: int, left: int, right: int, colour) -> np.ndarray:
    height, width = picture.shape[:2]
    page = np.empty((height + top + bottom, width + left + right, 3), np.float32)
    page[:] = np.asarray(colour) / 255
    page[top : top + height, left : left + width] = picture
    return page


def compressed(rgb: np.ndarray, quality: int) -> np.ndarray:
    stream = io.BytesIO()
    Image.fromarray((rgb * 255 + 0.5).astype(np.uint8)).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream), np.float32) / 255


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (30, 60, 120), (250, 240, 200)])
@pytest.mark.parametrize("quality", [None, 75])
@pytest.mark.parametrize(
    "around", [(40, 40, 0, 0), (0, 0, 50, 50), (0, 30, 0, 0), (25, 25, 25, 25), (30, 70, 90, 15), (2, 2, 2, 2)]
)
def test_the_picture_inside_is_found(colour, quality, around) -> None:
    top, _, left, _ = around
    page = framed(scene(), *around, colour)
    rows, columns = content_window(compressed(page, quality) if quality else page)
    found = np.array([rows.start, rows.stop, columns.start, columns.stop])
    assert np.abs(found - (top, top + SIZE, left, left + SIZE)).max() <= 3


def test_a_caption_in_the_bar_and_bars_in_bars_are_cut_off_too() -> None:
    page = framed(scene(), 30, 60, 20, 20, (255, 255, 255))
    page[SIZE + 50 : SIZE + 58, 40:200:7] = 0.2
    rows, columns = content_window(framed(page, 0, 0, 35, 35, (0, 0, 0)))
    assert (rows.start, rows.stop, columns.start, columns.stop) == (30, 30 + SIZE, 55, 55 + SIZE)


def disc(colour, paper) -> np.ndarray:
    axis = (np.arange(SIZE) + 0.5) / SIZE
    inside = np.clip((0.35 - np.hypot(axis - 0.5, axis[:, None] - 0.5)) * SIZE + 0.5, 0, 1)[..., None]
    return (np.asarray(colour) * inside + np.asarray(paper) * (1 - inside)).astype(np.float32)


@pytest.mark.parametrize("what", ["object", "fading", "cut off", "on a table", "rounded", "scene"])
def test_what_is_no_bar_stays(what) -> None:
    picture = disc((0.7, 0.1, 0.1), (1, 1, 1))
    if what == "fading":
        picture = disc((0.7, 0.1, 0.1), np.linspace(1, 0.75, SIZE)[:, None, None])
    if what == "cut off":
        picture[150:, 60:180] = 0.3
    if what == "on a table":  # a straight edge from side to side that the object reaches over
        table = np.arange(SIZE)[:, None, None] >= 150
        picture = disc((0.7, 0.1, 0.1), np.where(table, (0.4, 0.3, 0.2), (1.0, 1.0, 1.0)))
    if what == "rounded":
        picture[:] = 1
        plate = np.zeros((SIZE, SIZE), bool)
        plate[60:180, 60:180] = True
        plate = ndimage.binary_dilation(plate, ndimage.generate_binary_structure(2, 1), 25)
        picture[plate] = 0.3
    if what == "scene":
        picture = scene()
    assert is_whole(content_window(picture), picture.shape)


def test_a_rectangle_is_known() -> None:
    solid = np.zeros((100, 100), bool)
    solid[20:70, 10:90] = True
    assert is_rectangle(solid) == (slice(20, 70), slice(10, 90))
    solid[20:30, 10:20] = False
    assert is_rectangle(solid) is None
    assert is_rectangle(np.zeros((100, 100), bool)) is None
