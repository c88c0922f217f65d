"""An engine that runs from the environment in SV3D's folder is known there, and kept out while that is changed."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sv3d_engine.shared.engine_use import (
    engine_changing,
    engine_used,
    is_engine_changing,
    is_engine_used,
    refuse_changing,
)
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.file_lock import held
from sv3d_engine.shared.protocol import Error, Hello, decode_reply

ROOT = Path(__file__).resolve().parents[2]
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
CHANGES = """
import sys
from pathlib import Path
from sv3d_engine.shared.engine_use import engine_changing
with engine_changing(Path(sys.argv[1])) as ours:
    print(ours, flush=True)
    sys.stdin.read()
"""


def serve(home: Path, python: Path | str) -> "subprocess.Popen[bytes]":
    """An engine that has SV3D's folder there."""
    environment = {**os.environ, "SV3D_HOME": str(home), "PYTHONPATH": str(ROOT)}
    words = [str(python), "-m", "sv3d_engine", "serve", "--log", str(home / "log")]
    return subprocess.Popen(words, env=environment, **PIPES)


def until(true: Callable[[], bool]) -> None:
    """A process that was killed while it started another may hold its files for a moment more."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """The Python of an environment in SV3D's folder: this one."""
    (tmp_path / "engine").symlink_to(sys.prefix)
    return tmp_path / "engine" / "bin" / "python"


@pytest.mark.skipif(os.name == "nt", reason="makes the environment with a link")
@pytest.mark.parametrize("own", [True, False])
def test_an_engine_is_known_while_it_runs_from_the_environment(tmp_path, made, own):
    if not own:
        (tmp_path / "engine").unlink()
    assert not is_engine_used(tmp_path)
    with serve(tmp_path, made if own else sys.executable) as engine:
        assert isinstance(decode_reply(engine.stdout.readline()), Hello)
        assert is_engine_used(tmp_path) == own
        engine.kill()
    until(lambda: not is_engine_used(tmp_path))
    assert not list(tmp_path.glob("engine-in-use-*")), "what was killed is tidied away"


@pytest.mark.skipif(os.name == "nt", reason="makes the environment with a link")
def test_no_engine_starts_while_another_process_changes_the_environment(tmp_path, made):
    words = [sys.executable, "-c", CHANGES, str(tmp_path)]
    with subprocess.Popen(words, cwd=ROOT, **PIPES) as changer:
        assert changer.stdout.readline().strip() == b"True"
        with pytest.raises(UserError, match="set up or repaired"):
            refuse_changing(tmp_path)
        with serve(tmp_path, made) as engine:
            refused = decode_reply(engine.stdout.readline())
            assert isinstance(refused, Error) and refused.job is None
            assert "set up or repaired" in refused.cause and refused.remedy
            assert engine.wait(60) == 2
        assert not is_engine_used(tmp_path), "who was refused holds nothing"
        changer.kill()
    until(lambda: not is_engine_changing(tmp_path))
    refuse_changing(tmp_path)


def test_two_do_not_change_one_environment(tmp_path, monkeypatch):
    monkeypatch.setattr("sv3d_engine.shared.engine_use._PAUSE", 0.001)
    with engine_changing(tmp_path) as first, engine_changing(tmp_path) as second:
        assert (first, second) == (True, False)
    assert not list(tmp_path.iterdir())


def test_a_look_keeps_nobody_out(tmp_path, monkeypatch):
    """Whoever asks has the file for a moment, which is not for ever."""
    asking, asked = threading.Event(), threading.Event()

    def ask() -> None:
        with held(tmp_path / "engine-changes.lock"):
            asking.set()
            asked.wait(30)

    thread = threading.Thread(target=ask)
    thread.start()
    assert asking.wait(30)
    monkeypatch.setattr("sv3d_engine.shared.engine_use.time.sleep", lambda _: (asked.set(), thread.join()))
    with engine_changing(tmp_path) as ours:
        assert ours


@pytest.mark.skipif(os.name == "nt", reason="makes the environment with a link")
def test_another_python_minds_no_change(tmp_path, monkeypatch):
    monkeypatch.setenv("SV3D_HOME", str(tmp_path))
    with engine_changing(tmp_path), engine_used():
        assert not is_engine_used(tmp_path)
