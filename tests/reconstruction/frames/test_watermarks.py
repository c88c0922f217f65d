"""What stands still beside an object that turns is writing; what floats on its axis may be its own."""

import numpy as np

from sv3d_engine.reconstruction.frames.watermarks import without_watermarks

SIZE = 200


def mattes(speck_at: int, moving: int = 0) -> list[np.ndarray]:
    """Ten frames of a ball, and a speck high above it at a column, which may wander."""
    y, x = np.mgrid[:SIZE, :SIZE]
    frames = []
    for i in range(10):
        frame = (np.hypot(x - 100, y - 130) < 50).astype(np.float32)
        column = speck_at + moving * i
        frame[10:16, column : column + 6] = 1
        frames.append(frame)
    return frames


def test_a_speck_that_stands_still_aside_is_left_out():
    cleaned = without_watermarks(mattes(30))
    assert cleaned is not None
    assert all(frame[:40].max() == 0 and frame[130, 100] == 1 for frame in cleaned)


def test_what_floats_on_the_axis_stays():
    assert without_watermarks(mattes(97)) is None


def test_what_moves_with_the_turn_stays():
    assert without_watermarks(mattes(20, moving=9)) is None
