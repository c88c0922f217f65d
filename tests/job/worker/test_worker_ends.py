"""How the processes end, and what another engine does then."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from worker_client import FAKE_ENGINE, FINAL, Client, alive, dies, posix_only, runner_pid

from sv3d_engine.shared import protocol


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
