"""Run a small job of real stages again and again, each time ended with signal 9 in the middle of another stage.

``kill_in_stage.py REQUEST STAGE…``: a request as one line of the protocol.  Prints how each run ended; the last runs to
its end.  The runs are forks of this process, so that libraries are loaded once.
"""

import os
import signal
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch._dynamo  # noqa: F401  (before the runs are forked off, as this takes long)
from ball import TINY

from sv3d_engine.ground.settings import PRESETS
from sv3d_engine.ground.torch_setup import prepare_torch
from sv3d_engine.job.run import run_job
from sv3d_engine.job.stages import MESH_STAGES
from sv3d_engine.shared import protocol

_SOON = 0.3  # of the stage
NAMES = [stage.name for stage in MESH_STAGES]


def run(request: protocol.Job, fatal: str) -> None:
    def listen(message: protocol.Stage | protocol.Preview) -> None:
        if not isinstance(message, protocol.Stage) or message.stage != fatal or message.fraction == 1:
            return
        if message.fraction > _SOON or (message.note and fatal == NAMES[-1]):  # which is over too soon
            os.kill(os.getpid(), signal.SIGKILL)

    run_job(request, listen)


def main(line: str, *stages: str) -> None:
    prepare_torch()
    PRESETS["draft"] = TINY
    request = protocol.decode_request(line)
    assert isinstance(request, protocol.Job)
    for fatal in (*stages, ""):
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
