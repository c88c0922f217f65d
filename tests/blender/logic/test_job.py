"""What the tab knows of a job, word by word from the engine."""

from dataclasses import replace
from pathlib import Path

import pytest
from sv3d.sv3d_blender.engine.job import Job, Phase, Preview, advance, cancelling, finishing
from sv3d.sv3d_blender.engine.process import Ended
from sv3d.sv3d_engine.shared import protocol

REQUEST = protocol.MeshJob(job="a", frames="/frames", out="/out")
TITLE = "robot"
HELLO = protocol.Hello(protocol.VERSION, "0.1.0", 1, "")
RESULT = protocol.Result("a", "/out", "m", "f", "c", "l", "p", "t", "r", 12.0)


def stage(fraction: float, job: str = "a") -> protocol.Stage:
    return protocol.Stage(job, "field", "Finding the shape", 0.5, fraction, 60.0, "step 3")


def after(*events, job: Job | None = None) -> Job:
    job = job or Job(REQUEST, TITLE)
    for event in events:
        job = advance(job, event)
    return job


def test_a_job_that_goes_well():
    job = after(HELLO)
    assert job.phase is Phase.RUNNING
    job = after(stage(0.4), protocol.Preview("a", "image", "/out/p.png"), job=job)
    assert (job.stage, job.fraction, job.seconds_left) == ("Finding the shape", 0.4, 60.0)
    assert job.preview == Preview(Path("/out/p.png"))
    job = after(RESULT, job=job)
    assert (job.phase, job.fraction, job.result) == (Phase.DONE, 1.0, RESULT)
    assert not job.active


def test_a_doubt_is_a_failure_that_can_be_passed_over():
    assert after(HELLO, protocol.Error("a", "A shadow.", "Go on.", is_doubt=True)).failure.is_doubt
    assert not after(HELLO, protocol.Error("a", "It broke.", "Glue it.")).failure.is_doubt


def test_an_orbit_told_of_again_is_a_new_edition_of_its_preview():
    orbit = protocol.Preview("a", "orbit", "/out/preview")
    job = after(HELLO, protocol.Preview("a", "image", "/out/picture.png"), orbit)
    assert job.preview == Preview(Path("/out/preview"), is_orbit=True, edition=2)
    assert after(orbit, job=job).preview.edition == 3


def test_a_coarse_mesh_is_no_picture_to_show():
    picture = protocol.Preview("a", "image", "/out/coarse.png")
    job = after(HELLO, picture, protocol.Preview("a", "mesh", "/out/coarse.glb"))
    assert (job.coarse, job.preview.path) == (Path("/out/coarse.glb"), Path("/out/coarse.png"))


def test_stop_here_is_for_a_job_that_runs():
    assert finishing(after(HELLO, stage(0.2))).finishing
    assert not finishing(cancelling(after(HELLO))).finishing


def test_there_is_a_shape_to_stop_at_from_the_rough_one_on():
    frames = replace(stage(0.1), stage="frames")
    assert not after(HELLO, frames).has_shape
    assert after(HELLO, frames, stage(0.2)).has_shape
    assert after(HELLO, replace(stage(0.5), stage="mesh")).has_shape  # of a resumed job


def test_an_engine_that_came_up_is_told_from_one_that_did_not():
    assert after(HELLO, Ended(3, "trace")).began
    assert not after(Ended(None, "no such file")).began


def test_an_orbit_is_a_result_too():
    result = protocol.OrbitResult("a", "/out", "p", "f", "c", "s", "r", 12.0, ("Small, so soft.",))
    job = after(HELLO, result)
    assert (job.phase, job.result) == (Phase.DONE, result)


def test_the_bar_never_runs_backwards():
    assert after(HELLO, stage(0.4), stage(0.3)).fraction == 0.4


def test_words_about_another_job_change_nothing():
    job = after(HELLO, stage(0.2))
    assert after(stage(0.9, "b"), protocol.Cancelled("b"), protocol.Error("b", "x", "y"), job=job) == job


def test_an_error_about_a_line_fails_the_job():
    assert after(HELLO, protocol.Error(None, "cause", "remedy")).failure.cause == "cause"


def test_nothing_changes_after_the_end():
    job = after(HELLO, RESULT)
    assert after(Ended(1, ""), stage(0.1), protocol.Error(None, "x", "y"), job=job) == job


def test_cancel():
    job = cancelling(after(HELLO, stage(0.5)))
    assert job.phase is Phase.CANCELLING
    job = after(stage(0.6), job=job)
    assert job.phase is Phase.CANCELLING
    assert after(protocol.Cancelled("a"), job=job).phase is Phase.CANCELLED
    assert after(Ended(-9, ""), job=job).phase is Phase.CANCELLED
    assert after(RESULT, job=job).phase is Phase.DONE  # it was faster
    done = after(RESULT, job=job)
    assert cancelling(done) is done


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        (Ended(None, "no such file"), "could not be started"),
        (Ended(1, "/usr/bin/python: No module named torch"), "lacks a package"),
        (Ended(2, "Unknown option: -P"), "too old"),
        (Ended(-9, ""), "memory"),
        (Ended(3, "trace"), "ended unexpectedly"),
        (replace(HELLO, protocol=protocol.VERSION + 1), "different versions"),
    ],
)
def test_an_engine_that_is_lost_is_explained(event, cause):
    job = after(event)
    assert job.phase is Phase.FAILED
    assert cause in job.failure.cause
    assert job.failure.remedy.endswith(".")


def test_doubts_stay_while_the_job_goes_on():
    told = protocol.Stage("a", "frames", "Reading the frames", 1.0, 0.1, None, "", "It is cut off.")
    later = protocol.Stage("a", "field", "Finding the rough shape", 0.1, 0.2, None)
    assert after(told, later).doubts == ("It is cut off.",)
