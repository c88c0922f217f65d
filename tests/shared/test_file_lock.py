"""One holder at a time, and a look that disturbs nobody."""

import subprocess
import sys

from sv3d_engine.shared.file_lock import held, is_held

HOLDS = """
import sys
from pathlib import Path
from sv3d_engine.shared.file_lock import held
with held(Path(sys.argv[1])) as ours:
    print(ours, flush=True)
    sys.stdin.read()
"""


def test_the_second_finds_it_taken_and_the_third_finds_it_free(tmp_path):
    path = tmp_path / "lock"
    with held(path) as first:
        with held(path) as second:
            assert (first, second) == (True, False)
        assert path.exists()
    assert not path.exists()
    with held(path) as third:
        assert third


def test_a_look_makes_no_file(tmp_path):
    assert not is_held(tmp_path / "lock")
    assert not list(tmp_path.iterdir())


def test_it_is_held_until_the_holder_ends_however_that_ends(tmp_path):
    path = tmp_path / "lock"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(path)], **pipes) as holder:
        assert holder.stdout and holder.stdout.readline().strip() == b"True"
        assert is_held(path)
        with held(path) as ours:
            assert not ours
        holder.kill()
    assert path.exists(), "what was killed tidies nothing"
    assert not is_held(path)
    assert path.exists(), "and a look does not either"
    with held(path) as ours:
        assert ours
        assert is_held(path)
    assert not path.exists()
