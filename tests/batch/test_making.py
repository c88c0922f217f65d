import threading
from pathlib import Path

import pytest

from sv3d_engine.batch.making import CANCELLED, DONE, FAILED, KEPT, lock_file, make_once
from sv3d_engine.batch.record import RECORD, read_record
from sv3d_engine.ground.lock import in_turn
from sv3d_engine.ground.progress import Cancelled
from sv3d_engine.shared import protocol


class Maker:
    """Stands in for the engine; counts its jobs."""

    def __init__(self, end=None) -> None:
        self.made: list[str] = []
        self._end = end

    def __call__(self, request):
        self.made.append(request.job)
        if isinstance(self._end, BaseException):
            raise self._end
        if self._end is not None:
            return self._end
        for name in ("mesh.glb", "report.json"):
            Path(request.out, name).touch()
        paths = dict.fromkeys(("mesh", "frames", "cameras", "light", "panorama", "turntable", "report"), "")
        return protocol.Result(request.job, request.out, **paths, seconds=3.0, notes=("A note.",), card="Clean")


def test_what_is_made_is_kept(tasks) -> None:
    maker = Maker()
    first, second = make_once(tasks[0], maker), make_once(tasks[0], maker)
    assert (first.state, second.state) == (DONE, KEPT)
    assert maker.made == ["cow"]
    for told in (first, second):
        assert (told.seconds, told.card, told.notes) == (3.0, "Clean", ("A note.",))
    assert read_record(tasks[0].folder).machine


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (protocol.Error("cow", "It is broken.", "Glue it.", "two pieces"), FAILED),
        (protocol.Cancelled("cow"), CANCELLED),
        (Cancelled(), CANCELLED),
        (OSError(28, "full"), FAILED),
    ],
)
def test_what_fails_is_told_and_leaves_no_empty_folder(tasks, end, state) -> None:
    told = make_once(tasks[0], Maker(end))
    assert told.state == state
    assert bool(told.cause and told.remedy) == (state == FAILED)
    assert not tasks[0].folder.exists()
    assert not lock_file(tasks[0].folder).exists()
    assert make_once(tasks[0], Maker()).state == DONE


def test_what_an_interrupted_one_has_made_stays(tasks) -> None:
    def interrupted(request):
        (tasks[0].folder / "frames").mkdir()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_once(tasks[0], interrupted)
    assert sorted(path.name for path in tasks[0].folder.iterdir()) == [RECORD, "frames"]


def test_another_that_makes_it_is_waited_for(tasks) -> None:
    """The second finds it made."""
    may_end = threading.Event()  # set once the other waits
    ends = []
    maker = Maker()

    def slow(request):
        may_end.wait(60)
        return maker(request)

    first = threading.Thread(target=lambda: ends.append(make_once(tasks[0], slow, may_end.set)))
    second = threading.Thread(target=lambda: ends.append(make_once(tasks[0], slow, may_end.set)))
    first.start()
    second.start()
    first.join(60)
    second.join(60)
    assert sorted(end.state for end in ends) == [DONE, KEPT]
    assert maker.made == ["cow"]


def test_waiting_can_be_ended(tasks) -> None:
    def stop():
        raise Cancelled

    tasks[0].folder.parent.mkdir(exist_ok=True)
    with in_turn(lock_file(tasks[0].folder)):
        assert make_once(tasks[0], Maker(), stop).state == CANCELLED
