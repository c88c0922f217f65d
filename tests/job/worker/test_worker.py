"""The real processes, with stages that wait, print, fail, hang and crash."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from worker_client import FINAL, LONG, Client, posix_only, runner_pid

from sv3d_engine import __version__
from sv3d_engine.shared import protocol
from sv3d_engine.shared.model_facts import NOTE


def test_says_hello_first_with_its_version(client):
    hello = client.wait_for(protocol.Hello)
    assert (hello.protocol, hello.engine) == (protocol.VERSION, __version__)
    assert hello.pid == client.process.pid
    assert Path(hello.log) == client.log
    assert client.log.exists()


def test_several_jobs_one_after_another_in_one_warm_runner(client, make_job):
    jobs = [make_job("easy", name) for name in ("a", "b", "c")]
    for job in jobs:
        client.send(job)
    for job in jobs:
        result = client.wait_for(*FINAL)
        assert isinstance(result, protocol.Result)
        assert result.job == job.job
        assert Path(result.mesh).read_text() == "whole"
        assert Path(result.report).exists()
    assert len({runner_pid(job) for job in jobs}) == 1


def test_stdout_carries_messages_alone(client, make_job):
    client.send(make_job("prints"))
    assert isinstance(client.wait_for(*FINAL), protocol.Result)
    assert all(json.loads(line)["type"] for line in client.raw)
    log = client.log.read_text()
    for source in ("Python", "a C library", "a child"):
        assert f"from {source}" in log


def test_the_long_log_of_an_earlier_engine_is_put_aside(tmp_path):
    log = tmp_path / "logs" / "engine.log"
    log.parent.mkdir()
    log.write_bytes(bytes(6 << 20))
    client = Client(tmp_path)
    client.wait_for(protocol.Hello)
    assert log.stat().st_size < 1000
    assert log.with_name("engine.log.old").stat().st_size == 5 << 20
    client.process.kill()


def test_the_log_stays_short_while_a_job_fills_it(tmp_path, make_job):
    client = Client(tmp_path, "terse")
    client.send(make_job("chatters"))
    assert isinstance(client.wait_for(*FINAL), protocol.Result)
    client.send(protocol.Shutdown())
    client.ends()
    old = client.log.with_name("engine.log.old")
    assert old.stat().st_size <= 10_000
    assert client.log.stat().st_size < 50_000, "100 000 were written"
    last = client.log.read_text()
    assert "\0" not in last
    assert "line" in old.read_text()
    assert last.endswith("ending\n"), "the supervisor's last word"


@pytest.mark.parametrize("kind", [protocol.OrbitJob, protocol.GenerateJob])
def test_a_job_from_a_picture(warm_client, make_orbit_job, kind):
    job = make_orbit_job("cup", kind)
    warm_client.send(job)
    preview = warm_client.wait_for(protocol.Preview)
    assert preview.kind == "orbit"
    assert [p.name for p in sorted(Path(preview.path).iterdir())] == ["000.png", "001.png", "002.png"]
    result = warm_client.wait_for(*FINAL)
    assert isinstance(result, protocol.OrbitResult if kind is protocol.OrbitJob else protocol.Result)
    assert result.notes == ("The cup is hollow.",)
    assert result.seconds < LONG


def test_a_job_without_weights_is_done_by_the_demonstration_model_and_says_so(warm_client, make_orbit_job):
    warm_client.send(replace(make_orbit_job("cup"), weights=None))
    result = warm_client.wait_for(*FINAL)
    assert isinstance(result, protocol.OrbitResult)
    assert result.notes == (NOTE, "The cup is hollow.")


def test_weights_that_are_not_there_are_an_error(warm_client, make_orbit_job, tmp_path):
    warm_client.send(replace(make_orbit_job("cup"), weights=str(tmp_path / "gone.safetensors")))
    error = warm_client.wait_for(*FINAL)
    assert isinstance(error, protocol.Error)
    assert "gone.safetensors" in error.cause
    assert error.remedy


def test_a_job_twice_at_once(client, make_job):
    client.send(make_job("obeys"))
    client.send(make_job("obeys"))
    error = client.wait_for(*FINAL)
    assert error.job is None
    assert "already under way" in error.cause


def test_an_error_that_the_user_can_put_right(client, make_job):
    client.send(make_job("fails"))
    assert client.wait_for(*FINAL) == protocol.Error("fails", "The cup is broken.", "Glue it.", "two pieces")


def test_an_error_that_nobody_foresaw(client, make_job):
    client.send(make_job("surprises"))
    error = client.wait_for(*FINAL)
    assert error.job == "surprises"
    assert error.cause
    assert error.remedy
    assert "ZeroDivisionError: one by zero" in error.details
    client.send(make_job("easy"))
    assert isinstance(client.wait_for(*FINAL), protocol.Result)


@posix_only
def test_a_crash_is_an_error_and_the_engine_goes_on(client, make_job):
    client.send(make_job("crashes"))
    client.send(make_job("easy"))
    error = client.wait_for(*FINAL)
    assert isinstance(error, protocol.Error)
    assert error.job == "crashes"
    assert "SIGABRT" in error.details
    result = client.wait_for(*FINAL)
    assert isinstance(result, protocol.Result)
    assert result.job == "easy"


def test_after_a_lost_card_the_next_job_gets_a_new_runner(client, make_job):
    lost, waiting = make_job("loses_card"), make_job("easy")
    client.send(lost)
    client.send(waiting)
    error = client.wait_for(*FINAL)
    assert isinstance(error, protocol.Error)
    assert "graphics card stopped" in error.cause
    result = client.wait_for(*FINAL)
    assert isinstance(result, protocol.Result)
    assert runner_pid(waiting) != runner_pid(lost)


def test_a_job_that_ends_its_runner_before_it_begins_is_tried_once_more(client, make_job):
    client.send(make_job("dies_early"))
    client.send(make_job("easy"))
    error = client.wait_for(*FINAL)
    assert isinstance(error, protocol.Error)
    assert "crashed" in error.cause
    assert "code 7" in error.details
    assert client.log.read_text().count("the runner ended with code 7") == 2
    assert isinstance(client.wait_for(*FINAL), protocol.Result)


@pytest.mark.parametrize("line", [b"hello\n", b"{}\n", b"\xff\xfe\n", b'{"type": "result"}\n', b"[" * 100_000 + b"\n"])
def test_a_line_that_is_no_message(client, make_job, line):
    client.send_raw(line)
    error = client.wait_for(protocol.Error)
    assert error.job is None
    assert error.cause
    assert error.details
    client.send(make_job("easy"))
    assert isinstance(client.wait_for(*FINAL), protocol.Result)


def test_the_doctor_answers_while_a_job_runs(client, make_job):
    client.send(make_job("obeys"))
    client.wait_for_note("working")
    client.send(protocol.Doctor())
    report = client.wait_for(protocol.DoctorReport)
    assert report.devices == ("cpu",)


def test_a_doctor_that_cannot_answer_is_an_error(tmp_path):
    client = Client(tmp_path, "sick")
    client.send(protocol.Doctor())
    assert client.wait_for(protocol.Error).job is None
    client.process.kill()


def test_a_job_that_stops_at_doubts_says_so_and_goes_on_when_it_is_resumed(client, make_job):
    asking = replace(make_job("doubtful"), doubts="stop")
    client.send(asking)
    stopped = client.wait_for(*FINAL)
    assert (stopped.cause, stopped.is_doubt) == ("A shadow.", True)
    client.send(replace(asking, resume=True))
    assert isinstance(client.wait_for(*FINAL), protocol.Result)


def test_a_job_that_is_to_finish_ends_with_its_result(client, make_job):
    client.send(make_job("obeys"))
    client.wait_for_note("working")
    client.send(protocol.Finish("another"))
    client.send(protocol.Finish("obeys"))
    assert isinstance(client.wait_for(*FINAL), protocol.Result)
