"""Where a turn may end among small pictures, and how far and by which law it goes."""

from collections.abc import Callable

import numpy as np
import pytest

from sv3d_engine.reconstruction.frames.turn import (
    Judge,
    Turn,
    best_reading,
    comes_back,
    laws,
    picked,
    possible_turns,
)


def turning(shares: np.ndarray) -> np.ndarray:
    """Pictures (N, 64) of a bright patch that goes round."""
    rows, columns = np.mgrid[:8, :8] - 3.5
    angle = 2 * np.pi * np.asarray(shares)[:, None, None]
    near = (rows - 2.5 * np.sin(angle)) ** 2 + (columns - 2.5 * np.cos(angle)) ** 2
    return np.exp(-near / 3).reshape(len(angle), -1).astype(np.float32)


def turns(count: int, of: int) -> list[Turn]:
    return possible_turns(turning(np.arange(count) / of), np.ones(count - 1, np.float32))


def judging(right: Callable[[np.ndarray], np.ndarray], floor: float = 0.0) -> Judge:
    """A judge by how far frames are from where they are ``right``, in degrees, over a whole turn's misfit of .01."""
    return lambda frames, degrees: floor + float(np.abs(degrees - right(frames)).mean()) / 10_000


def test_the_first_of_several_turns_is_found_without_a_judge_and_with_one() -> None:
    found = turns(100, 30)
    assert {turn.count for turn in found} >= {30, 60}
    assert best_reading(found, None, 16).turn.count == 30
    right = best_reading(found, judging(lambda frames: frames * 12.0), 16)
    assert right.turn.count == 30 and right.name == "steady"


def test_a_turn_that_closes_comes_back_and_less_does_not() -> None:
    assert comes_back(turns(60, 60)[0]) and not comes_back(turns(20, 30)[0])
    assert turns(61, 60)[0].count == 60, "the last picture is the first again"


def test_a_part_of_a_turn_is_believed_where_the_outlines_agree_clearly_better() -> None:
    found = turns(20, 30)
    reading = best_reading(found, judging(lambda frames: frames * 210.0 / 19), 16)
    assert reading.turn.degrees == 210 and reading.name == "steady"
    doubtful = best_reading(found, judging(lambda frames: frames * 210.0 / 19, floor=0.02), 16)
    assert doubtful.turn.degrees == 360


@pytest.mark.parametrize(("floor", "name"), [(0.0, "eased"), (0.003, "steady")])
def test_another_law_than_the_steady_one_has_to_be_clearly_better_and_good(floor: float, name: str) -> None:
    turn = turns(60, 60)[0]
    eased = laws(turn)["eased"]
    assert eased[15] < 0.2 * 360 and laws(turn)["steady"][30] == 180
    steep = lambda frames, degrees: floor + float(np.abs(degrees - eased[frames]).mean()) / 1_000  # noqa: E731
    assert best_reading([turn], steep, 16).name == name


def test_frames_are_picked_at_even_steps_each_once() -> None:
    law = np.arange(100) * 3.6
    assert list(picked(law, 360, 4)) == [0, 25, 50, 75]
    assert list(picked(law / 2, 180, 3)) == [0, 50, 99]
    assert len(picked(np.arange(5) * 72.0, 360, 20)) == 5
