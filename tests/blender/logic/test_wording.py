"""How numbers and failures are put to an artist."""

import pytest
from sv3d.sv3d_blender.engine.job import Failure, Job, Phase
from sv3d.sv3d_blender.generate import wording
from sv3d.sv3d_engine.shared import protocol

REQUEST = protocol.MeshJob(job="a", frames="/frames", out="/out")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3, "a few seconds"), (34, "30 s"), (58, "1 min"), (125, "2 min"), (1500, "25 min"), (7200, "2.0 h")],
)
def test_duration(seconds, text):
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 MB"), (1, "1 MB"), (45_000_001, "46 MB"), (1_260_000_000, "1.3 GB")]
)
def test_size(count, text):
    assert wording.size(count) == text


def test_progress_names_the_stage_and_the_time_left():
    job = Job(REQUEST, "robot", Phase.RUNNING, stage="Finding the shape", note="step 3", fraction=0.4)
    assert wording.progress_lines(job, 0.4, 300) == ("40% · Finding the shape", "")
    assert wording.time_line(job, 130.0) == "2 min left · step 3"
    assert wording.progress_lines(Job(REQUEST, "robot", Phase.RUNNING), 0.2, 300) == ("20% · Starting the engine", "")
    assert wording.time_line(job, 5.0, is_late=True) == "Takes longer than expected · step 3"
    assert wording.time_line(Job(REQUEST, "robot"), None) == ""
    stopping = Job(REQUEST, "robot", Phase.CANCELLING, stage="Finding the shape")
    assert wording.progress_lines(stopping, 0.4, 300) == ("Stopping…", "")
    assert wording.time_line(stopping, 20.0) == ""


@pytest.mark.parametrize("width", [171 - 60, 80, 40])
def test_a_narrow_bar_keeps_its_per_cent(width):
    job = Job(REQUEST, "robot", Phase.RUNNING, stage="Separating colour, gloss and light")
    assert wording.progress_lines(job, 0.4, width) == ("40%", "Separating colour, gloss and light")


def test_every_preset_has_an_expected_time():
    assert tuple(wording.EXPECTED_MINUTES) == protocol.PRESETS


def test_lines_fit_the_region():
    lines = wording.lines("The frames and the cameras do not fit together.", 200)
    assert max(map(len, lines)) * 6.6 <= 200
    assert " ".join(lines) == "The frames and the cameras do not fit together."


def test_report_holds_everything():
    text = wording.report(Failure("Cause.", "Remedy.", "details"), {"Blender": "5.2"})
    assert all(part in text for part in ("Blender: 5.2", "Cause.", "Remedy.", "details"))
