"""Frames moved and turned back onto their axis."""

import math

import numpy as np

from sv3d_engine.reconstruction.frames.straighten import straightened


def spot(size: int, x: float, y: float, radius: float) -> np.ndarray:  # (size, size, 4), soft-edged and red
    rows, columns = np.mgrid[:size, :size] + 0.5
    alpha = np.clip(radius - np.hypot(columns - x, rows - y) + 0.5, 0, 1)
    frame = np.full((size, size, 4), 255, np.uint8)
    frame[..., :3] = (220, 30, 30)
    frame[..., 3] = np.round(255 * alpha)
    return frame


def centre(frame: np.ndarray) -> tuple[float, float]:
    """Of what is covered: x right and y down from the middle, in pixels."""
    alpha = frame[..., 3].astype(float)
    rows, columns = np.mgrid[: len(frame), : len(frame)] + 0.5
    return tuple(float((along * alpha).sum() / alpha.sum() - len(frame) / 2) for along in (columns, rows))


def test_a_shift_of_part_of_a_pixel_is_taken_out():
    frames = spot(96, 48 + 6.4, 48 - 3.7, 20)[None]
    moved, fov = straightened(frames, (6.4 / 96, -3.7 / 96), 0.0, 33.8)
    assert moved.shape == frames.shape
    assert fov == 33.8
    assert np.allclose(centre(moved[0]), 0, atol=0.03)
    covered = moved[0, ..., 3] > 200
    assert np.abs(moved[0][covered][:, :3].astype(int) - (220, 30, 30)).max() <= 2  # no white from around it


def test_a_lean_is_turned_back():
    """A frame turned clockwise by 30° shows what was right of its middle below right."""
    way = math.radians(30)
    frames = spot(96, 48 + 20 * math.cos(way), 48 + 20 * math.sin(way), 8)[None]
    moved, _ = straightened(frames, (0.0, 0.0), 30.0, 33.8)
    assert np.allclose(centre(moved[0]), (20, 0), atol=0.05)


def test_frames_grow_where_the_object_would_be_cut_off():
    frames = spot(96, 30, 48, 24)[None]
    moved, fov = straightened(frames, (20 / 96, 0.0), 0.0, 33.8)
    assert len(moved[0]) > 96
    assert math.isclose(math.tan(math.radians(fov / 2)) / len(moved[0]), math.tan(math.radians(16.9)) / 96)
    assert np.isclose(moved[..., 3].sum(), frames[..., 3].sum(), rtol=1e-3)
    assert np.allclose(centre(moved[0]), (30 - 68, 0), atol=0.1)
