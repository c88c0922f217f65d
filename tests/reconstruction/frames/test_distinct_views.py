"""Pictures that are one picture are counted as one, whatever was done to them; turns are not."""

import numpy as np
import pytest
from scipy import ndimage

from sv3d_engine.reconstruction.frames.distinct_views import count_views, may_be_turned

SIZE = 128


def head(turn: float) -> np.ndarray:  # (S, S, 4)
    """A ball with a nose that goes round with ``turn`` degrees, shaded from one side of its own."""
    y, x = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j]
    depth = np.sqrt(np.clip(0.36 - x**2 - y**2, 0, None))
    shade = 0.55 + 0.4 * (np.cos(np.radians(turn)) * depth + np.sin(np.radians(turn)) * x) / 0.6
    nose = np.hypot(x - 0.62 * np.sin(np.radians(turn)), y - 0.1) < 0.16
    cover = (np.hypot(x, y) < 0.6) | nose
    colour = np.where(nose, 0.2, shade).clip(0, 1)
    return (np.dstack([colour, colour, colour, cover]) * 255).astype(np.uint8)


def changed(frame: np.ndarray, i: int, how: str) -> np.ndarray:
    rng = np.random.default_rng(i)
    values = frame.astype(np.float32)
    if how == "noise":
        values[..., :3] += rng.normal(0, 5, (SIZE, SIZE, 3))
    if how == "brightness":
        values[..., :3] *= 1 + 0.2 * np.sin(i)
    if how == "place":
        values = ndimage.shift(values, (*rng.integers(-5, 6, 2), 0))
    return values.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("how", ["", "noise", "brightness", "place"])
def test_one_picture_many_times_is_one_view(how) -> None:
    assert count_views(np.stack([changed(head(50), i, how) for i in range(12)])) == 1


def test_two_pictures_in_turn_are_two_views() -> None:
    assert count_views(np.stack([changed(head(50 + 120 * (i % 2)), i, "noise") for i in range(12)])) == 2


def test_a_turn_shows_many_views() -> None:
    assert count_views(np.stack([head(360 * i / 21) for i in range(21)])) > 12


def test_a_vase_may_look_alike_from_all_sides_and_a_head_from_aside_may_not() -> None:
    assert may_be_turned(np.stack([head(0)] * 3)) and not may_be_turned(np.stack([head(80)] * 3))
