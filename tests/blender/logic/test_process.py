"""The engine process: real child processes that speak, hang, die and cannot be started."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sv3d.sv3d_blender.engine.launch import engine_environment
from sv3d.sv3d_blender.engine.process import Ended, EngineProcess
from sv3d.sv3d_engine.shared import protocol

ROOT = Path(__file__).resolve().parents[3]

ECHO = """
import sys
from sv3d_engine.shared import protocol
def say(reply): print(protocol.encode(reply), flush=True)
say(protocol.Hello(protocol.VERSION, "echo", 1, ""))
for line in sys.stdin:
    say(protocol.Cancelled(protocol.decode_request(line).job))
print("goodbye", file=sys.stderr)
"""
HANG = "import time; time.sleep(60)"


@pytest.fixture
def start(tmp_path: Path):
    running: list[EngineProcess] = []

    def started(code: str, python: str = sys.executable) -> EngineProcess:
        environment = engine_environment(ROOT, tmp_path / "cache")
        running.append(EngineProcess([python, "-c", code], environment, tmp_path / "run" / "engine.log"))
        return running[-1]

    yield started
    for process in running:
        process.kill()


def events_until(process: EngineProcess, wanted: Callable[[object], bool], timeout: float = 10.0) -> list:
    events, end = [], time.monotonic() + timeout
    while not any(wanted(event) for event in events):
        assert time.monotonic() < end, events
        events += process.receive()
        time.sleep(0.01)
    return events


def ended(event: object) -> bool:
    return isinstance(event, Ended)


def test_requests_sent_before_the_start_are_answered_in_order(start):
    process = start(ECHO)
    for name in "abc":
        process.send(protocol.Cancel(name))
    events = events_until(process, lambda e: e == protocol.Cancelled("c"))
    assert isinstance(events[0], protocol.Hello)
    assert events[1:] == [protocol.Cancelled(name) for name in "abc"]


def test_close_lets_it_end_and_its_log_is_kept(start):
    process = start(ECHO)
    process.close()
    assert events_until(process, ended)[-1] == Ended(0, "goodbye")


def test_kill_ends_what_hangs(start):
    process = start(HANG)
    while process.pid is None:
        time.sleep(0.01)
    process.kill()
    assert process.join(2.0)
    assert events_until(process, ended)[-1].exit_status != 0


def test_kill_before_the_start(start):
    process = start(HANG)
    process.kill()
    events_until(process, ended)
    assert process.join(2.0)


def test_what_cannot_be_started_is_told(start):
    (event,) = events_until(start("", python="/no/such/python"), ended)
    assert event.exit_status is None
    assert "/no/such/python" in event.log_tail


def test_the_log_tail_is_this_engines_own(start):
    events_until(start("import sys; sys.exit('first')"), ended)
    assert events_until(start("import sys; sys.exit('second')"), ended)[-1] == Ended(1, "second")


def test_an_engine_that_says_nothing_is_not_blamed_with_its_forerunners_words(start):
    events_until(start("import sys; sys.exit('first')"), ended)
    assert events_until(start("import sys; sys.exit(2)"), ended)[-1] == Ended(2, "")


def test_a_line_that_is_no_message_ends_the_engine(start):
    process = start("print('Downloading…', flush=True); import time; time.sleep(60)")
    events = events_until(process, ended)
    assert isinstance(events[0], protocol.Error)
    assert "Downloading" in events[0].details


@pytest.mark.skipif(os.name == "nt", reason="Windows lists no process tree without extra packages")
def test_the_engine_ends_when_its_starter_is_killed(tmp_path: Path):
    """Also by kill -9: the pipe's end tells the engine."""
    import subprocess

    code = f"""
import sys, time
sys.path.insert(0, {str(ROOT / "tests")!r})
import conftest
from pathlib import Path
from sv3d.sv3d_blender.engine.launch import engine_environment
from sv3d.sv3d_blender.engine.process import EngineProcess
p = EngineProcess([sys.executable, "-c", {ECHO!r}], engine_environment(Path({str(ROOT)!r}), Path({str(tmp_path)!r})),
                  Path({str(tmp_path / "engine.log")!r}))
while p.pid is None: time.sleep(0.01)
print(p.pid, flush=True)
time.sleep(60)
"""
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert starter.stdout
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    end = time.monotonic() + 5
    while time.monotonic() < end and running(pid):
        time.sleep(0.02)
    assert not running(pid)


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")  # one that has ended but was not yet collected does not run
    return not status.exists() or ") Z " not in status.read_text()
