"""Jobs that are cancelled: while they wait, listen, hang, or have started processes of their own."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from worker_client import FINAL, alive, comes_true, dies, posix_only, runner_pid

from sv3d_engine.shared import protocol


def test_cancel_of_a_stage_that_listens(client, make_job):
    job = make_job("obeys")
    client.send(job)
    client.wait_for_note("working")
    pid = runner_pid(job)
    began = time.monotonic()
    client.send(protocol.Cancel("obeys"))
    assert client.wait_for(*FINAL) == protocol.Cancelled("obeys")
    assert time.monotonic() - began < 2
    assert Path(job.out, "frames", "000.png").exists(), "finished stages are kept"
    assert not Path(job.out, "mesh.glb").exists()
    client.send(make_job("easy"))
    assert isinstance(client.wait_for(*FINAL), protocol.Result)
    assert alive(pid), "the warm runner goes on"


@pytest.mark.parametrize("kind", ["stuck", pytest.param("stuck_in_c", marks=posix_only)])
def test_cancel_of_a_stage_that_does_not_react(client, make_job, kind):
    job, waiting = make_job(kind), make_job("easy")
    client.send(job)
    client.wait_for_note("stuck")
    client.send(waiting)
    pid = runner_pid(job)
    began = time.monotonic()
    client.send(protocol.Cancel(kind))
    assert client.wait_for(*FINAL) == protocol.Cancelled(kind)
    assert time.monotonic() - began < 2
    assert dies(pid)
    result = client.wait_for(*FINAL)
    assert isinstance(result, protocol.Result)
    assert result.job == "easy", "the next job gets a new runner"
    frames = make_job(kind).frames
    Path(frames).rename(Path(frames).with_name("cured"))
    client.send(replace(job, frames=str(Path(frames).with_name("cured")), resume=True))
    client.wait_for_note("Kept from the earlier run")
    assert isinstance(client.wait_for(*FINAL), protocol.Result)


def test_cancel_of_an_orbit_that_does_not_react_leaves_nothing_half_written(warm_client, make_orbit_job):
    job = make_orbit_job("stuck")
    warm_client.send(job)
    warm_client.wait_for_note("half")
    assert list(Path(job.out).rglob("*.png"))
    warm_client.send(protocol.Cancel("stuck"))
    assert warm_client.wait_for(*FINAL) == protocol.Cancelled("stuck")
    assert comes_true(lambda: not Path(job.out).exists()), "at once, unless the runner is slow to end"


def test_cancel_of_a_job_that_waits(client, make_job):
    client.send(make_job("obeys"))
    client.send(make_job("easy"))
    client.send(protocol.Cancel("easy"))
    assert client.wait_for(*FINAL) == protocol.Cancelled("easy")
    client.send(protocol.Cancel("obeys"))
    assert client.wait_for(*FINAL) == protocol.Cancelled("obeys")


def test_cancel_right_after_the_start(client, make_job):
    client.send(make_job("obeys"))
    client.send(protocol.Cancel("obeys"))
    assert client.wait_for(*FINAL) == protocol.Cancelled("obeys")


def test_cancel_of_nothing_is_harmless(client, make_job):
    client.send(protocol.Cancel("easy"))
    client.send(make_job("easy"))
    assert isinstance(client.wait_for(*FINAL), protocol.Result)
    client.send(protocol.Cancel("easy"))
    client.send(make_job("easy"))
    assert isinstance(client.wait_for(*FINAL), protocol.Result)


@posix_only
def test_cancel_ends_what_the_stage_has_started(client, make_job):
    client.send(make_job("has_child"))
    child = int(client.wait_for_note("child").note.split()[1])
    client.send(protocol.Cancel("has_child"))
    client.wait_for(protocol.Cancelled)
    assert dies(child)
