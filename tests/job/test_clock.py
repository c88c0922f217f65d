import random
from itertools import pairwise

import pytest

from sv3d_engine.job.clock import Clock

SILENT = 4.0  # seconds


def followed(expected, took, step=0.5):
    """What a clock shows while stages take ``took`` seconds each, from fractions that grow evenly; (time, shown)."""
    clock, now, shown = Clock(expected, now=0.0), 0.0, []
    for stage, seconds in enumerate(took):
        clock.start(stage, now)
        steps = max(round(seconds / step), 1)
        for i in range(steps + 1):
            shown.append((now + seconds * i / steps, clock.seconds_left(i / steps, now + seconds * i / steps)))
        now += seconds
    return [(at, left) for at, left in shown if left is not None], now


def error(shown, end, share):
    """Of what is shown, as a share of the true time left, when ``share`` of the time is over."""
    left = next(left for at, left in reversed(shown) if at <= share * end)
    return left / (end * (1 - share)) - 1


def test_says_nothing_before_it_can_tell():
    clock = Clock([10, 10], now=0.0)
    clock.start(0, 0.0)
    assert clock.seconds_left(0.1, now=SILENT - 0.1) is None
    assert clock.seconds_left(0.4, now=SILENT) == pytest.approx(16)


def test_on_the_expected_machine_the_estimate_is_right_all_the_way():
    clock = Clock([10, 30], now=0.0)
    clock.start(0, 0.0)
    assert clock.seconds_left(0.5, now=5.0) == pytest.approx(35)
    clock.start(1, 10.0)
    assert clock.seconds_left(0.0, now=10.0) == pytest.approx(30)
    assert clock.seconds_left(0.5, now=25.0) == pytest.approx(15)
    assert clock.job_fraction(0.5) == pytest.approx(25 / 40)


@pytest.mark.parametrize("slower", [0.5, 0.7, 1.0, 1.5, 3.0])
def test_learns_the_machines_pace_and_only_falls(slower):
    shown, end = followed([50, 50, 20], [50 * slower, 50 * slower, 20 * slower])
    left = [value for _, value in shown]
    assert left == sorted(left, reverse=True)
    assert abs(error(shown, end, 0.5)) < 0.3
    assert abs(error(shown, end, 0.75)) < 0.2


@pytest.mark.parametrize("seed", range(5))
def test_whatever_the_stages_take_it_only_falls_and_ends_near_nothing(seed):
    rng = random.Random(seed)
    expected = [2.0, 52, 41, 5, 21, 4]
    shown, _ = followed(expected, [seconds * rng.uniform(0.5, 3) for seconds in expected])
    left = [value for _, value in shown]
    assert left == sorted(left, reverse=True)
    assert left[-1] < 3
    falls = [before - after for before, after in pairwise(left)]
    assert max(falls) <= 4 * 0.6, "no jump downwards, either"


def test_skipped_stages_do_not_make_a_machine_look_fast():
    clock = Clock([100, 100], now=0.0)
    clock.start(0, 0.0)
    clock.skip(0)
    clock.start(1, 0.0)
    assert clock.seconds_left(0.1, now=10.0) == pytest.approx(90)
    assert clock.job_fraction(0.0) == pytest.approx(0.5)


def test_waiting_for_a_card_does_not_make_a_machine_look_slow():
    clock = Clock([10, 30], now=0.0)
    clock.start(0, 0.0)
    assert clock.seconds_left(1.0, now=10.0) == pytest.approx(30)
    clock.start(1, 10.0)
    clock.restart(610.0)
    assert clock.seconds_left(0.0, now=610.0) == pytest.approx(30), "what is shown waited, too"
    assert clock.seconds_left(0.1, now=613.0) == pytest.approx(27)


def test_work_that_is_given_up_is_told_at_once():
    clock = Clock([10, 30], now=0.0)
    clock.start(0, 0.0)
    clock.start(1, 10.0)
    assert clock.seconds_left(0.9, now=37.0) == pytest.approx(3)
    clock.restart(37.0)  # the card's memory was too small, the processor begins anew
    assert clock.seconds_left(0.0, now=37.0) == pytest.approx(30)
