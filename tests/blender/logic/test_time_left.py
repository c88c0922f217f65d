"""The time left as it is shown."""

from itertools import pairwise

import pytest
from sv3d.sv3d_blender.engine.time_left import Countdown, start_fraction, steady


def shown_over(estimates: dict[float, float | None], until: float, expected: float | None = None) -> list[float | None]:
    """What is shown each tenth of a second, with estimates coming at these times."""
    countdown, seen = Countdown(expected, 0.0), []
    for tick in range(round(until * 10) + 1):
        now = tick / 10
        if now in estimates:
            countdown.tell(estimates[now], now)
        countdown.turn(now)
        seen.append(countdown.shown)
    return seen


def test_nothing_is_shown_until_something_is_known():
    assert shown_over({}, 3.0) == [None] * 31
    assert steady(None, 12.0, 0.1) == 12.0


def test_with_a_true_estimate_it_is_the_time_left():
    assert shown_over({1.0: 20.0}, 11.0)[-1] == pytest.approx(10.0)


def test_it_never_rises_whatever_is_told():
    seen = shown_over({1.0: 60.0, 4.0: 180.0, 8.0: 55.0, 12.0: 300.0, 15.0: None}, 40.0)[10:]
    assert all(after <= before for before, after in pairwise(seen))
    assert all(before - after < 1.3 for before, after in pairwise(seen)), "no jump of more than a second a look"


def test_a_longer_estimate_makes_it_fall_more_slowly_to_the_same_end():
    seen = shown_over({0.0: 60.0, 1.0: 180.0}, 181.0)
    assert seen[1000] > 20.0
    assert seen[-1] == pytest.approx(0.0, abs=1.0)


def test_a_shorter_estimate_is_caught_up_with():
    seen = shown_over({0.0: 180.0, 1.0: 60.0}, 31.0)
    assert seen[-1] == pytest.approx(30.0, abs=5.0)


def test_the_start_counts_from_the_first_moment():
    seen = shown_over({10.0: 60.0}, 12.0, expected=68.0)
    assert seen[0] == 68.0
    assert seen[99] == pytest.approx(58.1, abs=0.2)


def test_a_start_moves_on_and_is_never_done():
    fractions = [start_fraction(second, 8.0) for second in range(0, 100)]
    assert fractions[0] == 0.0
    assert all(a < b < 1.0 for a, b in pairwise(fractions))
    assert fractions[8] == pytest.approx(0.9)
