"""Which frames of a film show one object turning one way."""

from collections.abc import Sequence

import numpy as np
import pytest
from films import BALLS, TWO_SIDED, Ball, film
from numpy.typing import NDArray
from PIL import Image

from sv3d_engine.reconstruction.frames.film_part import FilmPart, turning_part

Frames = list[Image.Image]
TURN = [10.0 * i for i in range(36)]
WHITE, BLACK = Image.new("RGB", (48, 48), "white"), Image.new("RGB", (48, 48))


def part(frames: Frames, seconds: NDArray[np.float32] | None = None) -> FilmPart | None:
    small = np.stack([np.asarray(frame, np.float32) / 255 for frame in frames])
    times = np.arange(len(frames), dtype=np.float32) if seconds is None else seconds
    return turning_part(small, times, np.arange(len(frames)))


def turn(angles: Sequence[float] = TURN, balls: Sequence[Ball] = BALLS) -> Frames:
    return film(angles, 48, balls)


def test_a_plain_turn_is_used_as_it_is() -> None:
    found = part(turn())
    assert found and list(found.moving) == list(range(36)) and found.notes == () and (found.steps == 1).all()


def test_one_picture_does_not_turn() -> None:
    assert part(turn([30.0] * 20)) is None


@pytest.mark.parametrize("paper", [WHITE, BLACK])
def test_fades_are_left_out(paper: Image.Image) -> None:
    frames = turn([0.0] * 8 + TURN + [350.0] * 8)
    for i in range(8):
        frames[i] = Image.blend(paper, frames[i], i / 8)
        frames[-1 - i] = Image.blend(paper, frames[-1 - i], i / 8)
    found = part(frames)
    assert found and 7 <= found.moving[0] <= 8 and 42 <= found.moving[-1] <= 44
    assert "begins or ends with a fade" in found.notes[0]


def test_of_two_shots_the_longer_is_used() -> None:
    found = part(turn(TURN[:12], TWO_SIDED) + turn())
    assert found and list(found.moving) == list(range(12, 48))
    assert found.notes == ("The film cuts from one shot to another: frames 13 to 48 are used.",)


def test_flashes_are_left_out() -> None:
    frames = turn()
    frames[9], frames[20] = WHITE, BLACK
    found = part(frames)
    assert found and list(found.moving) == [i for i in range(36) if i not in (9, 20)] and found.notes == ()


def test_the_longest_way_of_a_swing_is_used() -> None:
    found = part(turn([60 * float(np.sin(i / 60 * 2 * np.pi)) for i in range(60)]))
    assert found and 14 <= found.moving[0] <= 18 and 43 <= found.moving[-1] <= 46
    assert "turns one way and then back" in found.notes[0]


def test_time_counts_where_the_object_turns_by_it() -> None:
    gaps = np.tile([1.0, 1.0, 4.0, 2.0], 12).astype(np.float32)
    seconds = np.concatenate([[0.0], np.cumsum(gaps)]).astype(np.float32)
    by_time = part(turn([float(360 * time / seconds[-1]) for time in seconds[:-1]]), seconds[:-1])
    by_frame = part(turn([7.5 * i for i in range(48)]), seconds[:-1])
    assert by_time and by_time.steps[:4] / by_time.steps[0] == pytest.approx([1, 1, 4, 2])
    assert by_frame and (by_frame.steps == 1).all()
