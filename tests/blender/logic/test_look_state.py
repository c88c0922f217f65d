"""What the tab knows of a look at frames, word by word from the engine."""

import pytest
from sv3d.sv3d_blender.engine.look import Look, told
from sv3d.sv3d_blender.engine.process import Ended
from sv3d.sv3d_blender.generate.wording import cameras_line
from sv3d.sv3d_engine.shared import protocol

ASKED = Look(protocol.MeshJob("a", "/frames", ""))
LOOKED = protocol.Looked("a", "8 frames.", 33.8, 2.0, 8 * (10.2,), tuple(range(0, 360, 45)))


def test_an_answer_ends_it():
    assert ASKED.active
    done = told(ASKED, LOOKED)
    assert done.answer == LOOKED
    assert not done.active
    assert told(done, protocol.Error("a", "cause", "remedy")) is done


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        (protocol.Error("a", "There are no pictures.", "Choose another folder."), "no pictures"),
        (Ended(3, "MemoryError"), "ended unexpectedly"),
        (protocol.Hello(protocol.VERSION + 1, "9", 1, ""), "different versions"),
    ],
)
def test_a_failure_ends_it(event, cause):
    assert cause in told(ASKED, event).failure.cause


@pytest.mark.parametrize(
    "event",
    [
        protocol.Error("b", "of a job", ""),
        protocol.Error(None, "of a line", ""),
        protocol.Looked("b", "", 33.8, 2.0, (), ()),
        protocol.Hello(protocol.VERSION, "1", 1, ""),
        protocol.Cancelled("a"),
    ],
)
def test_what_concerns_something_else_changes_nothing(event):
    assert told(ASKED, event) is ASKED


def test_cameras_in_a_line():
    assert cameras_line(LOOKED) == "8 cameras at 10°"
    waving = protocol.Looked("a", "", 33.8, 2.0, (-14.6, 35.4), (0.0, 180.0))
    assert cameras_line(waving) == "2 cameras at -15° to 35°"
