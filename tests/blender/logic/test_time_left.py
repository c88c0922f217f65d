"""The time left as it is shown."""

from itertools import pairwise

import pytest
from sv3d.sv3d_blender.engine.time_left import Countdown, start_fraction, steady
from sv3d.sv3d_engine.job.clock import Clock


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
    seen = shown_over({0.0: 60.0, **{float(second): 181.0 - second for second in range(1, 182)}}, 181.0)
    assert seen[1000] > 50.0
    assert seen[-1] == pytest.approx(0.0, abs=1.0)


def test_a_shorter_estimate_is_caught_up_with():
    seen = shown_over({0.0: 180.0, 1.0: 60.0}, 31.0)
    assert seen[-1] == pytest.approx(30.0, abs=5.0)


def test_the_start_counts_from_the_first_moment():
    seen = shown_over({10.0: 60.0}, 12.0, expected=68.0)
    assert seen[0] == 68.0
    assert seen[99] == pytest.approx(58.1, abs=0.2)


def test_an_estimate_that_is_not_followed_by_another_ends_in_no_promise():
    countdown = Countdown(60.0, 0.0)
    countdown.turn(30.0)
    assert countdown.shown == pytest.approx(30.0)
    assert not countdown.is_late
    countdown.turn(600.0)
    assert countdown.shown >= 10.0
    assert countdown.is_late


def test_it_is_late_while_the_estimate_is_far_longer():
    countdown = Countdown(60.0, 0.0)
    countdown.tell(150.0, 1.0)
    countdown.turn(1.0)
    assert countdown.is_late
    countdown.tell(80.0, 90.0)
    countdown.turn(90.0)
    assert not countdown.is_late


STAGES = [2.0, 52, 41, 5, 21, 4]  # seconds that they are expected to take
EXPECTED = sum(STAGES)


def shown_on_a_machine(slower: float, word_each: float) -> list[tuple[float, float, bool]]:
    """What is said of a job there, as the engine tells of itself at these seconds; the true seconds left, what is shown
    and whether it is late."""
    clock, countdown, now, said = Clock(STAGES, 0.0), Countdown(EXPECTED, 0.0), 0.0, []
    for i, stage in enumerate(STAGES):
        clock.start(i, now)
        began, took = now, stage * slower
        told = -word_each
        while now < began + took:
            if now - told >= word_each or now == began:
                countdown.tell(clock.seconds_left((now - began) / took, now), now)
                told = now
            countdown.turn(now)
            said.append((EXPECTED * slower - now, countdown.shown, countdown.is_late))
            now += 0.1
    return said


@pytest.mark.parametrize("word_each", [0.5, 30.0, 1e6], ids=["chatty", "rarely", "once a stage"])
@pytest.mark.parametrize("slower", [0.3, 1.0, 2.0, 5.0, 20.0])
def test_no_seconds_are_promised_that_a_slow_machine_does_not_keep(slower, word_each):
    said = shown_on_a_machine(slower, word_each)
    assert all(after <= before + 1e-9 for (_, before, _), (_, after, _) in pairwise(said))
    promised = [left for left, shown, late in said if not late and shown < 10]  # "a few seconds left"
    assert all(left < 60 for left in promised)
    if slower <= 1 and word_each < 1:
        assert not any(late for _, _, late in said)


def test_a_start_moves_on_and_is_never_done():
    fractions = [start_fraction(second, 8.0) for second in range(0, 100)]
    assert fractions[0] == 0.0
    assert all(a < b < 1.0 for a, b in pairwise(fractions))
    assert fractions[8] == pytest.approx(0.9)
