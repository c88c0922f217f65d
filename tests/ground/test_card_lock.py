"""One job at a time on a graphics card."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from sv3d_engine.ground import lock
from sv3d_engine.ground.lock import WAITING, card_locked, in_turn
from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.shared.file_lock import is_held

ROOT = Path(__file__).parents[2]
HOLD = """
import sys, time
from pathlib import Path
from sv3d_engine.ground import lock
from sv3d_engine.ground.progress import Progress

lock.user_folder = lambda kind: Path(sys.argv[1])
with lock.card_locked("card", Progress()):
    print("mine", flush=True)
    sys.stdin.read()
"""


class Told(Progress):
    """What is said while one waits; does something the third time."""

    def __init__(self, third=lambda: None):
        self.notes, self._third, self.begun_after = [], third, None

    def __call__(self, fraction: float, note: str = "") -> None:
        self.notes.append((fraction, note))
        if len(self.notes) == 3:
            self._third()

    def restarted(self) -> None:
        self.begun_after = len(self.notes)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr("sv3d_engine.ground.lock.user_folder", lambda kind: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def other(cache):
    """Another process, which has the card until its stdin closes or it is killed."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(cache)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout.readline() == "mine\n"
        yield holder
        holder.kill()


def test_the_second_waits_and_then_has_the_card(cache, other):
    told = Told(third=other.stdin.close)
    with card_locked("card", told):
        assert other.wait(10) == 0
    assert len(told.notes) >= 3
    assert told.begun_after == len(told.notes), "the wait is no part of the stage's time"
    assert set(told.notes) == {(0.0, WAITING)}
    assert not list(cache.iterdir())


def test_who_waits_can_be_cancelled(cache, other):
    def cancel():
        raise Cancelled

    began = time.monotonic()
    with pytest.raises(Cancelled), card_locked("card", Told(third=cancel)):
        pytest.fail("the other has the card")
    assert time.monotonic() - began < 2
    assert other.poll() is None


def test_the_system_takes_the_card_back_from_a_process_that_dies(cache, other):
    with card_locked("card", Told(third=other.kill)):
        assert other.wait(10) != 0


def test_two_cards_do_not_wait_for_each_other(cache, other):
    told = Told()
    with card_locked("another card", told):
        assert other.poll() is None
    assert told.notes == []


def test_the_processor_is_everybodys(cache):
    told = Told(third=lambda: pytest.fail("it waits"))
    with card_locked("", told), card_locked("", told):
        assert not cache.exists()


def test_what_fails_under_the_lock_gives_it_back(cache):
    for _ in range(2):
        with pytest.raises(OSError, match="disk"), card_locked("card", Told(third=lambda: pytest.fail("it waits"))):
            raise OSError("disk")


def test_an_error_while_one_waits_is_not_hidden(cache, other):
    def fail():
        raise OSError("the pipe is closed")

    with pytest.raises(OSError, match="pipe"), card_locked("card", Told(third=fail)):
        pytest.fail("the other has the card")


@pytest.mark.parametrize(("refusals", "files"), [(3, ["card.lock"]), (10**6, [])])
def test_a_file_that_is_being_removed_is_asked_for_again_but_not_for_ever(cache, monkeypatch, refusals, files):
    open_file, asked = Path.open, []

    def refuse(self, *args):
        asked.append(self)
        if len(asked) <= refusals:
            raise PermissionError(13, "Access is denied", str(self))
        return open_file(self, *args)

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(lock, "_POLL", 0)
    with card_locked("card", Progress()):
        assert [file.name for file in cache.iterdir()] == files


def test_a_cache_folder_that_cannot_be_written_keeps_nobody_out(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr("sv3d_engine.ground.lock.user_folder", lambda kind: tmp_path / "file" / "cache")
    told = Told(third=lambda: pytest.fail("it waits"))
    with card_locked("card", told), card_locked("card", told):
        pass


def test_a_lock_is_had_in_turn(tmp_path) -> None:
    file, order = tmp_path / "a" / "lock", []
    with in_turn(file):
        assert is_held(file)

        def waiting() -> None:
            order.append("waits")
            raise TimeoutError

        try:
            with in_turn(file, waiting):
                order.append("both at once")
        except TimeoutError:
            order.append("gives up")
    assert order == ["waits", "gives up"]
    assert not is_held(file)
    with in_turn(file, waiting):
        order.append("has it")
    assert order[-1] == "has it"
    assert not file.exists()
