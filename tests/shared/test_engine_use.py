"""An engine that runs from the environment in SV3D's folder is known there, until it ends however it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sv3d_engine.shared.engine_use import is_engine_used

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(os.name == "nt", reason="makes the environment with a link")
@pytest.mark.parametrize("own", [True, False])
def test_an_engine_is_known_while_it_runs_from_the_environment(tmp_path, own):
    if own:
        (tmp_path / "engine").symlink_to(sys.prefix)
    python = tmp_path / "engine" / "bin" / "python" if own else sys.executable
    environment = {**os.environ, "SV3D_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    words = [str(python), "-m", "sv3d_engine", "serve", "--log", str(tmp_path / "log")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    assert not is_engine_used(tmp_path)
    with subprocess.Popen(words, env=environment, **pipes) as engine:
        assert b"hello" in engine.stdout.readline()
        assert is_engine_used(tmp_path) == own
        engine.kill()
    assert not is_engine_used(tmp_path)
    assert not list(tmp_path.glob("engine-in-use-*")), "what was killed is tidied away"
