"""Where a turn ends among small pictures, and by which law it goes."""

import numpy as np
import pytest

from sv3d_engine.reconstruction.frames.turn import best_law, find_turn, laws, picked


def turning(shares: np.ndarray) -> np.ndarray:
    """Pictures (N, 8, 8, 1) of a bright patch that goes round."""
    rows, columns = np.mgrid[:8, :8] - 3.5
    angle = 2 * np.pi * np.asarray(shares)[:, None, None]
    near = (rows - 2.5 * np.sin(angle)) ** 2 + (columns - 2.5 * np.cos(angle)) ** 2
    return np.exp(-near / 3)[..., None].astype(np.float32)


def test_the_first_of_several_turns_is_found() -> None:
    turn = find_turn(turning(np.arange(100) / 30))
    assert turn is not None and turn.whole and list(turn.moving) == list(range(30))
    assert turn.change == pytest.approx(turn.change[0], rel=0.3)


def test_what_stands_still_does_not_turn() -> None:
    assert find_turn(turning(np.zeros(20))) is None


def test_less_than_a_turn_is_not_whole() -> None:
    turn = find_turn(turning(np.arange(20) / 30))
    assert turn is not None and not turn.whole and len(turn.moving) == 20


def test_the_steady_law_is_kept_unless_another_is_clearly_better() -> None:
    turn = find_turn(turning(np.arange(60) / 60))
    assert turn is not None
    found = laws(turn)
    assert found["steady"][30] == 0.5 and found["eased"][15] < 0.2
    assert best_law(turn, 12, lambda frames, share: 0.9)[0] == "steady"

    def eased_agrees_better(by: float) -> str:
        gentle = set(picked(found["eased"], 12))
        return best_law(turn, 12, lambda frames, share: 0.9 + by * (set(frames) == gentle))[0]

    assert eased_agrees_better(0.005) == "steady" and eased_agrees_better(0.05) == "eased"


def test_frames_are_picked_at_even_steps_each_once() -> None:
    law = np.arange(100) / 100
    assert list(picked(law, 4)) == [0, 25, 50, 75]
    assert len(picked(np.arange(5) / 5, 20)) == 5
