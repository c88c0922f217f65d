import pytest

from sv3d_engine.job.run import Clock


def test_says_nothing_before_it_can_tell():
    clock = Clock([10, 10], now=0.0)
    clock.start(0, 0.0)
    assert clock.seconds_left(0.1, now=1.0) is None


def test_on_the_expected_machine_the_estimate_is_right_all_the_way():
    clock = Clock([10, 30], now=0.0)
    clock.start(0, 0.0)
    assert clock.seconds_left(0.5, now=5.0) == pytest.approx(35)
    clock.start(1, 10.0)
    assert clock.seconds_left(0.0, now=10.0) == pytest.approx(30)
    assert clock.seconds_left(0.5, now=25.0) == pytest.approx(15)
    assert clock.job_fraction(0.5) == pytest.approx(25 / 40)


def test_learns_that_a_machine_is_slower():
    clock = Clock([100, 100], now=0.0)
    clock.start(0, 0.0)
    clock.start(1, 200.0)
    assert 180 < clock.seconds_left(0.0, now=200.0) < 200
    assert clock.seconds_left(0.5, now=300.0) == pytest.approx(100)


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
    clock.start(1, 10.0)
    clock.restart(610.0)
    assert clock.seconds_left(0.0, now=610.0) == pytest.approx(30)
    assert clock.seconds_left(0.1, now=613.0) == pytest.approx(27)
