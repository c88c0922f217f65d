"""Run a small job of real stages again and again, each time ended with signal 9 in the middle of another stage.

``kill_in_stage.py REQUEST MOMENT…``: a request as one line of the protocol; a moment is a stage, or ``stage:note`` for
when it tells a note that begins so.  Prints how each run ended; the last runs to its end.  The runs are forks of this
process, so that libraries are loaded once.
"""

import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ball import TINY

from sv3d_engine.ground.settings import PRESETS
from sv3d_engine.ground.torch_setup import prepare_torch
from sv3d_engine.job.run import run_job
from sv3d_engine.shared import protocol

_SOON = 0.3  # of the stage


def kill_at(request: protocol.Job, *moments: str) -> None:
    """Run a job with ``resume`` once for each moment, killed there, and then to its end."""
    command = [sys.executable, __file__, protocol.encode(request), *moments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert [int(line) for line in done.stdout.split()] == [-signal.SIGKILL] * len(moments) + [0], done.stderr


def run(request: protocol.Job, fatal: str) -> None:
    stage, _, note = fatal.partition(":")

    def listen(message: protocol.Stage | protocol.Preview) -> None:
        if not isinstance(message, protocol.Stage) or message.stage != stage or message.fraction == 1:
            return
        if message.note.startswith(note) if note else message.fraction > _SOON:
            os.kill(os.getpid(), signal.SIGKILL)

    run_job(request, listen)


def main(line: str, *moments: str) -> None:
    import torch._dynamo  # noqa: F401  (before the runs are forked off, as this takes long)

    prepare_torch()
    PRESETS["draft"] = TINY
    request = protocol.decode_request(line)
    assert isinstance(request, protocol.Job)
    for fatal in (*moments, ""):
        child = os.fork()
        if not child:
            try:
                run(request, fatal)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
