"""The real processes, with stages that wait, print, fail, hang and crash."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sv3d_engine import __version__
from sv3d_engine.shared import protocol
from sv3d_engine.shared.model_facts import NOTE

FAKE_ENGINE = Path(__file__).with_name("fake_engine.py")
LONG = 60.0  # seconds: far more than anything here takes, for a machine that is busy
FINAL = (protocol.Result, protocol.OrbitResult, protocol.Error, protocol.Cancelled)
posix_only = pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals or calls libc by its POSIX name")


class Client:
    """The add-on's end of the pipes."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.log = folder / "logs" / "engine.log"
        self.process = subprocess.Popen(
            [sys.executable, str(FAKE_ENGINE), "serve", str(self.log), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.raw: list[bytes] = []
        self._replies: queue.Queue[protocol.Reply | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.raw.append(line)
            self._replies.put(protocol.decode_reply(line.decode()))
        self._replies.put(None)

    def send(self, request: protocol.Request) -> None:
        self.send_raw(protocol.encode(request).encode() + b"\n")

    def send_raw(self, data: bytes) -> None:
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def wait_for(self, *kinds: type, until=lambda reply: True) -> protocol.Reply:
        """The next reply of these kinds for which ``until`` holds; others are passed over."""
        end = time.monotonic() + LONG
        while True:
            reply = self._replies.get(timeout=max(end - time.monotonic(), 0.01))
            assert reply is not None, "the engine has ended"
            if isinstance(reply, kinds) and until(reply):
                return reply

    def wait_for_note(self, note: str) -> protocol.Reply:
        return self.wait_for(protocol.Stage, until=lambda reply: reply.note.startswith(note))

    def ends(self) -> int:
        return self.process.wait(LONG)


@pytest.fixture
def client(tmp_path):
    client = Client(tmp_path)
    yield client
    client.process.kill()
    client.process.wait(LONG)


@pytest.fixture(scope="module")
def warm_client(tmp_path_factory):
    """An engine for several tests: a runner imports PyTorch at its first job from a picture."""
    client = Client(tmp_path_factory.mktemp("warm"))
    yield client
    client.process.kill()
    client.process.wait(LONG)


@pytest.fixture
def make_job(tmp_path):
    def make(kind: str, name: str | None = None) -> protocol.MeshJob:
        frames = tmp_path / kind
        frames.mkdir(exist_ok=True)
        (frames / "000.png").write_text("frame")
        name = name or kind
        return protocol.MeshJob(name, str(frames), str(tmp_path / f"out-{name}"))

    return make


@pytest.fixture
def make_orbit_job(tmp_path, weights):
    """A job from a picture of this name, with a file that passes for weights."""

    def make(name: str, kind: type = protocol.OrbitJob) -> protocol.OrbitJob:
        picture = tmp_path / f"{name}.png"
        picture.write_text("picture")
        return kind(name, str(picture), str(tmp_path / f"out-{name}"), str(weights["p"]))

    return make


def runner_pid(job: protocol.MeshJob) -> int:
    state = json.loads(Path(job.out, "work", "state.json").read_text())
    return state["records"][0]["facts"]["pid"]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def comes_true(condition) -> bool:
    end = time.monotonic() + LONG
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def dies(pid: int) -> bool:
    return comes_true(lambda: not alive(pid))


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


def _look(client: Client, source: str, name: str = "a look") -> None:
    client.send(protocol.Look(protocol.MeshJob(name, source, "/nowhere", elevation=5.0, cameras_as_given=True)))


def test_a_look_is_answered_while_a_job_runs(client, make_job):
    client.send(make_job("obeys"))
    client.wait_for_note("working")
    _look(client, "orbit")
    looked = client.wait_for(protocol.Looked)
    assert (looked.job, looked.chosen) == ("a look", "--elevation=5.0 --preset=standard --cameras-as-given")
    _look(client, "empty")
    assert client.wait_for(protocol.Error) == protocol.Error(
        "a look", "There are no pictures.", "Choose another folder."
    )


def test_a_look_that_crashes_is_an_error_of_its_own(client):
    _look(client, "crashes")
    assert client.wait_for(protocol.Error).job == "a look"


def test_a_look_that_cannot_begin_is_an_error_of_its_own_and_ends_no_job(client, make_job):
    client.send(make_job("obeys"))
    client.wait_for_note("working")
    _look(client, "no\0path")
    assert client.wait_for(protocol.Error).job == "a look"
    _look(client, "o" * 200_000)  # longer than an argument may be
    assert client.wait_for(protocol.Error).job == "a look"
    _look(client, "orbit")
    assert client.wait_for(protocol.Looked).job == "a look"
    client.send(protocol.Cancel("obeys"))
    assert client.wait_for(protocol.Cancelled, protocol.Error).job == "obeys"


def test_of_two_looks_the_later_is_answered_and_a_cancelled_one_not(client):
    _look(client, "stuck", "first")
    _look(client, "orbit", "second")
    assert client.wait_for(protocol.Looked, protocol.Error).job == "second"
    _look(client, "stuck", "third")
    client.send(protocol.Cancel("third"))
    _look(client, "orbit", "fourth")
    assert client.wait_for(protocol.Looked, protocol.Error).job == "fourth"


# ---- the end ----------------------------------------------------------------------------------------------------


def _close_stdin(client: Client) -> None:
    client.process.stdin.close()


def _shut_down(client: Client) -> None:
    client.send(protocol.Shutdown())


def _kill(client: Client) -> None:
    client.process.kill()


def _interrupt(client: Client) -> None:
    client.process.send_signal(signal.SIGINT)


@pytest.mark.parametrize("kind", ["obeys", "stuck"])
@pytest.mark.parametrize("end", [_close_stdin, _shut_down, _kill, pytest.param(_interrupt, marks=posix_only)])
def test_every_process_ends_in_the_middle_of_a_job(client, make_job, end, kind):
    job = make_job(kind)
    client.send(job)
    client.wait_for_note("stuck" if kind == "stuck" else "working")
    pid = runner_pid(job)
    end(client)
    client.ends()
    assert dies(pid)


@posix_only
def test_ends_when_the_parent_is_killed_even_if_the_pipe_stays_open(tmp_path):
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(60)",
            *(sys.executable, str(FAKE_ENGINE), "serve", str(tmp_path / "log")),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    hello = protocol.decode_reply(parent.stdout.readline().decode())
    assert alive(hello.pid)
    parent.kill()
    parent.wait()
    assert dies(hello.pid), "our end of its stdin is still open"
    parent.stdin.close()


@posix_only
def test_goes_on_after_kill_9(tmp_path, client, make_job):
    job = make_job("obeys")
    client.send(job)
    client.wait_for_note("working")
    pid = runner_pid(job)
    os.kill(pid, signal.SIGKILL)
    client.process.kill()
    client.ends()
    cured = Path(job.frames).rename(tmp_path / "cured")
    second = Client(tmp_path)
    second.send(replace(job, frames=str(cured), resume=True))
    second.wait_for_note("Kept from the earlier run")
    assert isinstance(second.wait_for(*FINAL), protocol.Result)
    assert Path(job.out, "mesh.glb").read_text() == "whole"
    assert not Path(job.out, ".sv3d-partial").exists()
    assert runner_pid(job) == pid, "the first stage was not done again"
    second.process.kill()


# ---- two engines ------------------------------------------------------------------------------------------------


@pytest.fixture
def second(tmp_path):
    client = Client(tmp_path / "second")
    yield client
    client.process.kill()
    client.process.wait(LONG)


def test_two_engines_do_not_work_in_one_folder(client, second, make_job):
    job = make_job("obeys")
    client.send(job)
    client.wait_for_note("working")
    before = sorted(Path(job.out).rglob("*"))
    second.send(replace(job, resume=True))
    refused = second.wait_for(*FINAL)
    assert isinstance(refused, protocol.Error)
    assert "Another job is at work in the folder" in refused.cause
    assert sorted(Path(job.out).rglob("*")) == before, "nothing was touched"
    client.send(protocol.Cancel("obeys"))
    assert client.wait_for(*FINAL) == protocol.Cancelled("obeys")


@posix_only
@pytest.mark.parametrize("kind", ["obeys", "stuck"])
def test_a_second_engine_takes_over_right_after_the_first_is_killed(client, second, make_job, tmp_path, kind):
    job = make_job(kind)
    client.send(job)
    client.wait_for_note("stuck" if kind == "stuck" else "working")
    pid = runner_pid(job)
    cured = Path(job.frames).rename(tmp_path / "cured")
    client.process.kill()  # its runner goes a moment later
    second.send(replace(job, frames=str(cured), resume=True))
    assert isinstance(second.wait_for(*FINAL), protocol.Result)
    assert Path(job.out, "mesh.glb").read_text() == "whole"
    assert runner_pid(job) == pid, "the first stage was not done again"
    assert not Path(job.out, ".lock").exists()


def test_a_job_that_is_to_finish_ends_with_its_result(client, make_job):
    client.send(make_job("obeys"))
    client.wait_for_note("working")
    client.send(protocol.Finish("another"))
    client.send(protocol.Finish("obeys"))
    assert isinstance(client.wait_for(*FINAL), protocol.Result)
