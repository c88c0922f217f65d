"""Commands that can be stopped, what their failures mean, and the thread they run in."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sv3d.sv3d_blender.setup.commands import CommandFailed, Commands, Stopped, meaning, setup_environment
from sv3d.sv3d_blender.setup.progress import Meter, Progress
from sv3d.sv3d_blender.setup.work import Work
from sv3d.sv3d_engine.shared.errors import UserError
from sv3d.sv3d_engine.shared.file_lock import held, is_held

ROOT = Path(__file__).resolve().parents[3]


def test_a_command_says_what_it_said_and_how_it_failed():
    commands = Commands(threading.Event(), {"NAME": "a"})
    code = "import os; print(os.environ['NAME'] + os.environ['MORE'] + input())"
    said = commands.run([sys.executable, "-c", code], told="c\n", environment={"MORE": "b"})
    assert said.strip() == "abc"
    with pytest.raises(CommandFailed, match="sorry"):
        commands.run([sys.executable, "-c", "import sys; print('sorry'); sys.exit(1)"])
    with pytest.raises(CommandFailed, match="/no/such/program"):
        commands.run(["/no/such/program"])


@pytest.mark.skipif(os.name == "nt", reason="asks for processes in POSIX' way")
def test_a_cancel_ends_a_command_and_what_it_has_started(tmp_path):
    cancelled, told = threading.Event(), tmp_path / "pid"
    child = "import time; time.sleep(60)"
    code = f"""
import pathlib, subprocess, sys, time
p = subprocess.Popen([sys.executable, '-c', {child!r}])
pathlib.Path({str(told)!r} + '.part').write_text(str(p.pid))
pathlib.Path({str(told)!r} + '.part').rename({str(told)!r})
time.sleep(60)
"""
    commands = Commands(cancelled, dict(os.environ))
    begun = time.monotonic()
    with pytest.raises(Stopped):
        commands.run([sys.executable, "-c", code], lambda: cancelled.set() if told.exists() else None)
    assert time.monotonic() - begun < 30
    pid = int(told.read_text())
    end = time.monotonic() + 5
    while time.monotonic() < end and _runs(pid):
        time.sleep(0.02)
    assert not _runs(pid)
    with pytest.raises(Stopped):
        commands.run([sys.executable, "-c", ""])


# A Blender that sets up the engine, as far as the set-up sees it.
BLENDER = """
import sys, types
sys.path.insert(0, sys.argv[1])
package = sys.modules["sv3d"] = types.ModuleType("sv3d")
package.__path__ = [sys.argv[1]]
from pathlib import Path
from sv3d.sv3d_blender.setup.work import Work
code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
work = Work()
work.start(
    "Set up", Path(sys.argv[2]),
    lambda commands, report: commands.run([sys.executable, "-c", code], line=lambda text: print(text, flush=True)),
)
work.join(60)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux for processes")
def test_a_command_ends_with_a_blender_that_is_killed_and_the_next_waits_for_that(tmp_path):
    words = [sys.executable, "-c", BLENDER, str(ROOT), str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as blender:
        pid = int(blender.stdout.readline())
        assert is_held(tmp_path / "engine-command.lock")
        blender.kill()
    ran = []
    again = Work()
    again.start("Go on", tmp_path, lambda commands, report: ran.append(_runs(pid)))
    assert again.join(3)
    assert again.failure is None
    assert ran == [False]


def test_a_command_that_does_not_end_is_told_and_can_be_waited_for_no_longer(tmp_path, monkeypatch):
    monkeypatch.setattr("sv3d.sv3d_blender.setup.work._ENDING", 0.0)
    work, ran = Work(), []
    with held(tmp_path / "engine-command.lock"):
        work.start("Set up", tmp_path, lambda commands, report: ran.append(1))
        assert work.join(10)
        assert "earlier set-up" in work.failure.cause
        monkeypatch.setattr("sv3d.sv3d_blender.setup.work._ENDING", 60.0)
        work.start("Set up", tmp_path, lambda commands, report: ran.append(1))
        work.cancel()
        assert work.join(10)
        assert work.stopped
    assert ran == []


def _runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and ") Z " not in status.read_text()


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("OSError: [Errno 28] No space left on device", "disk became full"),
        ("ERROR: No matching distribution found for torch==2.13.0+cpu", r"the package torch==2\.13\.0\+cpu"),
        ("The virtual environment was not created successfully because ensurepip is not available", "environments"),
        ("something else", "failed: something else"),
    ],
)
def test_failures_are_put_into_words(said, cause):
    with pytest.raises(UserError, match=cause) as caught:
        raise meaning(CommandFailed(said))
    assert caught.value.remedy
    assert said in caught.value.details


def test_an_error_of_the_system_is_put_into_words():
    assert "disk became full" in meaning(OSError(28, "No space left on device")).cause
    assert "could not be written" in meaning(PermissionError(13, "Permission denied")).cause
    other = meaning(OSError(40, "Too many levels of symbolic links", "/home/x"))
    assert other.cause == "The system could not read or write /home/x (Too many levels of symbolic links)."
    assert "Too many levels" in other.details and other.remedy


def test_pip_is_told_to_go_on_where_a_connection_broke_unless_the_user_says_otherwise(monkeypatch):
    assert setup_environment()["PIP_RESUME_RETRIES"] == "20"
    monkeypatch.setenv("PIP_RESUME_RETRIES", "3")
    assert setup_environment()["PIP_RESUME_RETRIES"] == "3"


def waits(commands: Commands, report) -> None:
    report(Progress("Waiting"))
    while True:
        commands.check()
        time.sleep(0.005)


def test_work_is_done_one_at_a_time_and_can_be_stopped(tmp_path):
    work = Work()
    work.start("Set up", tmp_path / "home", waits)
    with pytest.raises(UserError, match="still at work"):
        work.start("Once more", tmp_path / "home", waits)
    work.cancel()
    assert work.join(10)
    assert work.stopped and work.failure is None
    assert work.progress.step == "Waiting"


def test_two_blenders_do_not_work_in_one_folder(tmp_path):
    first, second = Work(), Work()
    first.start("Set up", tmp_path, waits)
    end = time.monotonic() + 10
    while first.progress.step != "Waiting" and time.monotonic() < end:
        time.sleep(0.005)
    second.start("Set up", tmp_path, waits)
    assert second.join(10)
    assert "Another Blender" in second.failure.cause
    first.cancel()
    assert first.join(10)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (UserError("A", "B"), "A"),
        (PermissionError(13, "no"), "could not be written"),
        (KeyError("x"), r"KeyError: 'x'"),
    ],
)
def test_every_end_of_work_is_told(tmp_path, error, cause):
    def fails(commands, report):
        raise error

    work = Work()
    work.start("Set up", tmp_path, fails)
    assert work.join(10)
    assert cause in work.failure.cause
    assert work.failure.remedy
    work.dismiss()
    assert work.failure is None


def test_time_left_comes_from_the_speed_and_falls():
    now, told = [0.0], []
    meter = Meter(told.append, lambda: now[0])
    meter.plan(100, 1100, 800_000_000)
    lefts = []
    for second in range(1, 11):
        now[0] = second
        meter.fetched(100 + second * 100, 1100)
        lefts.append(told[-1].seconds_left)
    assert lefts[0] is None, "too early to tell"
    assert lefts[2:] == sorted(lefts[2:], reverse=True)
    assert lefts[-1] == pytest.approx(800 / 8 + 20)
    meter.installed(0.1)
    now[0] += 30
    meter.installed(0.2)
    assert told[-1].seconds_left == pytest.approx(100 + 20 - 30)
    now[0] += 300
    meter.installed(0.3)
    assert told[-1].seconds_left is None, "it takes longer than thought: no few seconds are promised"
    meter.fetched(0, 100)
    assert told[-1].fraction == told[-2].fraction, "never falls"
