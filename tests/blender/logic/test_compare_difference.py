"""How far a mesh is from a frame."""

import numpy as np
import pytest
from sv3d.sv3d_blender.compare.difference import difference, shrunk


def picture(colour: tuple[float, float, float], columns: slice, side: int = 8) -> np.ndarray:
    """One colour in some columns, the rest clear, but red, which must not be seen."""
    made = np.zeros((side, side, 4), np.float32)
    made[..., 0] = 1.0
    made[:, columns] = (*colour, 1.0)
    return made


def test_what_is_alike_does_not_differ_however_large() -> None:
    frame, seen = picture((0.2, 0.4, 0.6), slice(2, 6)), picture((0.2, 0.4, 0.6), slice(4, 12), 16)
    found = difference(frame, seen, 8)
    assert found.values.max() < 1e-6
    assert found.object.sum() == 32
    assert found.mean == 0


def test_colours_differ_by_their_root_mean_square() -> None:
    found = difference(picture((0.5, 0.5, 0.5), slice(0, 8)), picture((0.5, 0.8, 0.1), slice(0, 8)), 8)
    assert found.values == pytest.approx(np.full((8, 8), ((0.3**2 + 0.4**2) / 3) ** 0.5), abs=1e-6)
    assert found.mean == pytest.approx(0.2887, abs=1e-3)


def test_where_only_one_has_the_object_it_differs_wholly() -> None:
    found = difference(picture((0, 0, 0), slice(0, 4)), picture((0, 0, 0), slice(0, 6)), 8)
    assert found.values[:, 4:6].tolist() == np.ones((8, 2)).tolist()
    assert not found.values[:, 6:].any()  # nothing there in either
    assert found.mean == pytest.approx(1 / 3)


def test_nothing_at_all_is_no_difference() -> None:
    nothing = np.zeros((4, 4, 4), np.float32)
    assert difference(nothing, nothing, 4).mean == 0


@pytest.mark.parametrize("side", [3, 4, 7])
def test_shrunk_keeps_the_mean_at_any_size(side: int) -> None:
    pixels = np.random.default_rng(0).random((8, 8, 2)).astype(np.float32)
    small = shrunk(pixels, side)
    assert small.shape == (side, side, 2)
    assert small.mean((0, 1)) == pytest.approx(pixels.mean((0, 1)), rel=1e-5)
    assert shrunk(pixels, 9) is pixels


def test_a_pixel_of_two_is_their_mean() -> None:
    pixels = np.arange(16, dtype=np.float32).reshape(4, 4, 1)
    assert shrunk(pixels, 2)[0, 1, 0] == pytest.approx((2 + 3 + 6 + 7) / 4)
