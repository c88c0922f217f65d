import io

import pytest

from sv3d_engine.batch.board import Board
from sv3d_engine.batch.making import DONE, FAILED, KEPT, Outcome
from sv3d_engine.job.terminal import LiveLine
from sv3d_engine.shared import protocol


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def now() -> list[float]:
    return [0.0]


def ended(name: str, state: str = DONE, **more) -> Outcome:
    return Outcome(name, f"/in/{name}", f"/out/{name}", state, **more)


def stage(name: str, fraction: float) -> protocol.Stage:
    return protocol.Stage(name, "mesh", "Refining", 0.5, fraction, None)


def test_one_line_tells_of_all(tasks, now) -> None:
    board = Board(tasks, LiveLine(io.StringIO()), clock=lambda: now[0])
    assert board.line() == f"[{'-' * 24}]   0%  0 of 3 done"
    board.hear(stage("cow", 0.0))
    board.hear(protocol.Preview("cow", "mesh", "/a"))
    now[0] = 60
    board.hear(stage("cow", 0.5))
    board.hear(stage("mug", 0.25))
    board.ended(ended("pot", FAILED, cause="No.", remedy="Yes."))
    line = board.line()
    assert "58%" in line
    assert "0 of 3 done, 1 failed; cow 50%; mug 25%" in line
    board.ended(ended("cow"))
    assert "1 of 3 done, 1 failed; mug 25%" in board.line()


def test_time_left_counts_only_what_this_run_has_done(tasks, now) -> None:
    board = Board(tasks, LiveLine(io.StringIO()), clock=lambda: now[0])
    board.ended(ended("cow", KEPT))
    board.hear(stage("mug", 0.5))  # begun by an earlier run
    now[0] = 60
    assert "left" not in board.line()
    board.hear(stage("mug", 0.75))
    assert ", 5 min left" in board.line(), "a quarter took a minute, and one and a quarter are to be done"


def test_what_ends_is_a_line_that_stays_and_is_saved(tasks) -> None:
    stream, saved = Terminal(), []
    board = Board(tasks, LiveLine(stream), saved.append)
    board.show()
    board.ended(ended("pot", card="Closed"))
    board.ended(ended("cow", FAILED, cause="Broken.", remedy="Glue it."))
    lines = stream.getvalue().replace("\r\x1b[K", "\r").splitlines()
    assert "pot: done – Closed" in lines
    assert "cow: failed – Broken. Glue it." in lines
    assert [[outcome.name for outcome in outcomes] for outcomes in saved] == [["pot"], ["cow", "pot"]]


def test_a_file_gets_a_line_a_minute(tasks, now) -> None:
    stream = io.StringIO()
    board = Board(tasks, LiveLine(stream), clock=lambda: now[0])
    for now[0] in range(0, 150, 10):
        board.show()
    assert stream.getvalue().count("0 of 3 done\n") == 2


def test_many_at_work_are_counted(tasks) -> None:
    board = Board(tasks, LiveLine(io.StringIO()))
    for name in "abcdef":
        board.at(name, 0.5)
    assert board.line().endswith("; d 50%; 2 more")
