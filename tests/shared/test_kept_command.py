"""A command ends with its parent, and its file is held while it lives."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sv3d_engine.shared.file_lock import held, is_held
from sv3d_engine.shared.kept_command import kept, told

PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
# Has a child, tells both ids, and wants to go on.
LONG = """
import os, pathlib, signal, subprocess, sys, time
if sys.argv[2:]:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
part = pathlib.Path(sys.argv[1] + ".part")
part.write_text(f"{os.getpid()} {child.pid}")
part.rename(sys.argv[1])
time.sleep(60)
"""


def wait_for(what, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.02)
    return what()


def runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and ") Z " not in status.read_text()


def test_it_reads_what_it_is_told_and_ends_as_the_command_ends(tmp_path):
    code = "import sys; print(sys.stdin.read() + sys.argv[1]); sys.exit(3)"
    with subprocess.Popen(kept([sys.executable, "-c", code, "b"], tmp_path / "lock"), **PIPES) as process:
        said, _ = process.communicate(told("ä\n"))
    assert (said, process.returncode) == ("ä\nb\n", 3)
    assert not list(tmp_path.iterdir())
    with subprocess.Popen(kept(["/no/such/program"]), **PIPES) as process:
        said, _ = process.communicate(told(""))
    assert said.startswith("/no/such/program: ")
    assert process.returncode


def test_one_command_at_a_time_holds_the_file(tmp_path):
    lock, made = tmp_path / "lock", tmp_path / "made"
    with held(lock):
        code = f"open({str(made)!r}, 'w')"
        with subprocess.Popen(kept([sys.executable, "-c", code], lock), **PIPES) as process:
            said, _ = process.communicate(told(""))
    assert process.returncode
    assert "at work" in said
    assert not made.exists()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux for processes")
@pytest.mark.parametrize("deaf", [False, True])
def test_the_command_and_its_children_are_gone_soon_after_the_parent(tmp_path, deaf):
    lock, ids = tmp_path / "lock", tmp_path / "ids"
    words = [sys.executable, "-c", LONG, str(ids), *(["deaf"] if deaf else [])]
    with subprocess.Popen(kept(words, lock), **PIPES) as process:
        process.stdin.write(told(""))
        process.stdin.flush()
        assert wait_for(ids.exists, 20)
        assert is_held(lock)
        process.stdin.close()  # as the system does for a parent that is killed
        pids = [int(pid) for pid in ids.read_text().split()]
        assert wait_for(lambda: not any(map(runs, pids)), 3)
        process.wait(3)
    assert not is_held(lock)


@pytest.mark.skipif(os.name == "nt", reason="a process keeps its parent's id there")
def test_the_command_ends_even_if_another_process_keeps_the_pipe_open(tmp_path):
    ids, (read, write) = tmp_path / "ids", os.pipe()
    words = kept([sys.executable, "-c", LONG, str(ids)])
    parent = f"import subprocess, time; subprocess.Popen({words!r}); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", parent], stdin=read) as process:
        os.write(write, told("").encode())
        assert wait_for(ids.exists, 20)
        process.kill()
    pids = [int(pid) for pid in ids.read_text().split()]
    try:
        assert wait_for(lambda: not any(map(runs, pids)), 3)
    finally:
        os.close(read)
        os.close(write)
