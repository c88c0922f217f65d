"""The time left goes by the pace of the last seconds, or of all, and is not told too early."""

import pytest

from sv3d_engine.shared.pace import Pace


def lefts(window: float, counts: list[int], settled: float = 1.0) -> list[float | None]:
    """What is said each second while so much is done of 1000."""
    now = [0.0]
    pace = Pace(window, settled, lambda: now[0])
    said = []
    for second, done in enumerate(counts):
        now[0] = float(second)
        said.append(pace.seconds_left(done, 1000))
    return said


def test_the_last_seconds_alone_count():
    counts = [10 * s if s < 15 else 150 + 50 * (s - 15) for s in range(30)]
    assert lefts(10.0, counts)[14] == pytest.approx((1000 - 140) / 10)
    assert lefts(10.0, counts)[29] == pytest.approx((1000 - 850) / 50, rel=0.01)


def test_without_a_window_it_is_the_average_of_all():
    assert lefts(float("inf"), [100, 200, 200, 200, 500])[4] == pytest.approx(500 / 100)


def test_nothing_is_told_before_a_pace_is_known():
    assert lefts(10.0, [0, 10, 20, 30], settled=3.0)[:3] == [None] * 3
    assert lefts(10.0, [5, 5, 5]) == [None] * 3


def test_more_than_was_expected_takes_no_time_less_than_none():
    assert lefts(10.0, [0, 500, 1200])[2] == 0.0
